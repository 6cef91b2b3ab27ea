using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Where a project is; the build generates one implementation per project that the AppHost references.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    string ProjectPath { get; }

    bool SuppressBuild => false;
}

/// <summary>What of a project's own settings the model takes over.</summary>
public class ProjectResourceOptions
{
    public bool ExcludeLaunchProfile { get; set; }
}
