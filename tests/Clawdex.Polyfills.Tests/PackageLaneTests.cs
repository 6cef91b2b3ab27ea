using Clawdex.Testing;

namespace Clawdex.Polyfills.Tests;

/// <summary>
/// How a fresh clone chooses between the official packages and the stand-ins, in a small solution of its own with a feed that
/// holds dummies of the same ids.
/// </summary>
public sealed class PackageLaneTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly LaneSolution _solution;

    public PackageLaneTests() => _solution = new LaneSolution(_folder);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_registry_that_has_every_package_is_used_and_says_so_once()
    {
        _solution.AddPackages(LaneSolution.Official);

        var first = await _solution.RestoreAsync(Cancellation);
        var second = await _solution.RestoreAsync(Cancellation);

        Assert.Equal(0, first.ExitCode);
        Assert.Contains("Package lane: official packages", Assert.Single(first.Lines, line => line.Contains("Package lane", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("false", _solution.Lane);
        Assert.Contains("\"Aspire.Hosting.Testing/13.5.4\"", _solution.Assets, StringComparison.Ordinal);
        Assert.DoesNotContain("polyfills", _solution.Assets, StringComparison.Ordinal);
        Assert.Equal(0, second.ExitCode);
        Assert.DoesNotContain("Package lane", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_lacks_one_package_leads_to_the_stand_ins_for_all_and_says_which_one()
    {
        _solution.AddPackages(LaneSolution.Official.Except(["CommunityToolkit.Aspire.Hosting.Sqlite"]));

        var restored = await _solution.RestoreAsync(Cancellation);

        Assert.Equal(0, restored.ExitCode);
        var message = Assert.Single(restored.Lines, line => line.Contains("Package lane", StringComparison.Ordinal));
        Assert.Contains("stand-ins from polyfills/: the registry has no CommunityToolkit.Aspire.Hosting.Sqlite", message, StringComparison.Ordinal);
        Assert.Contains("delete polyfills/obj/PackageLane.props", message, StringComparison.Ordinal);
        Assert.Equal("true", _solution.Lane);
        Assert.Contains("../polyfills/Aspire.Hosting.Testing/Aspire.Hosting.Testing.csproj", _solution.Assets, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_cannot_be_reached_chooses_nothing_even_when_another_one_lacks_packages()
    {
        // The feed on this machine answers "no such package", which alone would mean the stand-ins.
        _solution.AddUnreachableSource();

        var restored = await _solution.RestoreAsync(Cancellation);

        Assert.NotEqual(0, restored.ExitCode);
        Assert.Contains("it chose nothing and will ask again on the next build", restored.Text, StringComparison.Ordinal);
        Assert.Null(_solution.Lane);
    }

    [Fact]
    public async Task A_lane_given_by_hand_is_taken_without_asking()
    {
        _solution.AddUnreachableSource();

        var restored = await _solution.RestoreAsync(Cancellation, "-p:UsePolyfills=true");

        Assert.DoesNotContain("Package lane", restored.Text, StringComparison.Ordinal);
        Assert.Null(_solution.Lane);
    }
}
