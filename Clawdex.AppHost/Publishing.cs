using Aspire.Hosting.Pipelines;

namespace Clawdex.AppHost;

/// <summary>Clawdex is deployed by azd, which asks the AppHost for its manifest. Everything else that Aspire can publish ends with one sentence.</summary>
internal static class Publishing
{
    private const string Instead = "Clawdex has nothing for `aspire publish` and `aspire deploy`; deploy it with azd: `azd up`.";

    private const string ManifestStep = "publish-manifest";

    /// <summary>
    /// Lets only the manifest be published. A step that fails leaves the exit code at 0, and azd would go on with a manifest that is
    /// not there; so the exit code of the process is 1 from here on, until the manifest is complete.
    /// </summary>
    /// <returns>False: something else was asked for, and <paramref name="errors"/> says what to do instead.</returns>
    public static bool TryPublishOnlyTheManifest(this IDistributedApplicationBuilder builder, TextWriter errors)
    {
        if (builder.ExecutionContext.IsRunMode)
            return true;

        // The `aspire` command listens to the steps of the pipeline, not to the console.
        builder.Pipeline.AddStep("use-azd", _ => throw new DistributedApplicationException(Instead),
            requiredBy: (string[])[WellKnownPipelineSteps.Publish, WellKnownPipelineSteps.Deploy]);
        Environment.ExitCode = 1;
        builder.OnAfterPublish((_, _) =>
        {
            Environment.ExitCode = 0;
            return Task.CompletedTask;
        });

        if (builder.Configuration["Pipeline:Step"] is ManifestStep || builder.Configuration["ASPIRE_BACKCHANNEL_PATH"] is { Length: > 0 })
            return true;
        errors.WriteLine(Instead);
        return false;
    }
}
