using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// What a run of the chaos suite does. Every decision comes from the seed: what each chat writes and how long it pauses, which
/// service is killed after which pause, which calls fail. How these meet in time is up to the machine, so a seed brings the same
/// load and the same faults again, not the same instant.
/// </summary>
internal sealed record ChaosPlan(int Seed, int Kills)
{
    public const int Chats = 20;

    /// <summary>The short form, or the one that CLAWDEX_CHAOS_KILLS and CLAWDEX_CHAOS_SEED ask for.</summary>
    public static ChaosPlan FromEnvironment() => new(
        Number("CLAWDEX_CHAOS_SEED") ?? RandomNumberGenerator.GetInt32(1, 1_000_000),
        Number("CLAWDEX_CHAOS_KILLS") ?? 4);

    /// <summary>A source of decisions of its own for each purpose, the same in every process.</summary>
    public static Random RandomFor(int seed, string purpose)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {purpose}"));
        return new Random(BitConverter.ToInt32(hash));
    }

    public Random RandomFor(string purpose) => RandomFor(Seed, purpose);

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
