using Clawdex.Testing;

namespace Clawdex.Packages.Tests;

/// <summary>
/// How a fresh clone chooses between the toolkit's packages and their stand-ins, in a small solution of its own with a feed that
/// holds dummies of the same ids.
/// </summary>
public sealed class ProbeTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ProbedSolution _solution;

    public ProbeTests() => _solution = new ProbedSolution(_folder);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_registry_that_has_both_packages_is_used_and_nothing_is_said()
    {
        _solution.AddPackages(ProbedSolution.Toolkit);

        var first = await _solution.RestoreAsync(Cancellation);
        var second = await _solution.RestoreAsync(Cancellation);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.DoesNotContain("stand-ins", first.Text, StringComparison.Ordinal);
        Assert.Equal("false", _solution.Answer);
        Assert.Contains("\"CommunityToolkit.Aspire.Hosting.Sqlite/", _solution.Assets, StringComparison.Ordinal);
        Assert.DoesNotContain("/CommunityToolkit.Aspire.Hosting.Sqlite.csproj\"", _solution.Assets, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_lacks_one_of_them_leads_to_the_stand_ins_and_says_once_which_one()
    {
        _solution.AddPackages(["CommunityToolkit.Aspire.Microsoft.EntityFrameworkCore.Sqlite"]);

        var restored = await _solution.RestoreAsync(Cancellation);
        var again = await _solution.RestoreAsync(Cancellation);

        Assert.Equal((0, 0), (restored.ExitCode, again.ExitCode));
        var message = Assert.Single(restored.Lines, line => line.Contains("stand-ins", StringComparison.Ordinal));
        Assert.Contains("The registry has no CommunityToolkit.Aspire.Hosting.Sqlite", message, StringComparison.Ordinal);
        Assert.Contains("obj/ProbeAnswer.props", message, StringComparison.Ordinal);
        Assert.DoesNotContain("stand-ins", again.Text, StringComparison.Ordinal);
        Assert.Equal("true", _solution.Answer);
        Assert.Contains("/CommunityToolkit.Aspire.Hosting.Sqlite.csproj\"", _solution.Assets, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RestoreAdditionalProjectSources")]
    [InlineData("RestoreSources")]
    public async Task A_source_that_only_the_command_line_names_is_asked_as_well(string property)
    {
        var feed = _solution.AddPackages(ProbedSolution.Toolkit, "another-feed");

        var restored = await _solution.RestoreAsync(Cancellation, $"-p:{property}={feed}");

        Assert.Equal((0, "false"), (restored.ExitCode, _solution.Answer));
    }

    [Fact]
    public async Task A_registry_that_cannot_be_reached_chooses_nothing_even_when_another_one_lacks_packages()
    {
        // The feed on this machine answers "no such package", which alone would mean the stand-ins.
        _solution.AddUnreachableSource();

        var restored = await _solution.RestoreAsync(Cancellation);

        Assert.NotEqual(0, restored.ExitCode);
        Assert.Contains("it chose nothing and will ask again on the next build", restored.Text, StringComparison.Ordinal);
        Assert.Null(_solution.Answer);
    }

    [Fact]
    public async Task A_choice_made_by_hand_is_taken_without_asking()
    {
        _solution.AddUnreachableSource();

        var restored = await _solution.RestoreAsync(Cancellation, "-p:UseStandIns=true");

        Assert.DoesNotContain("chose nothing", restored.Text, StringComparison.Ordinal);
        Assert.Null(_solution.Answer);
    }
}
