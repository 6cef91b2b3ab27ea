using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Clawdex.Gateway.Access;

/// <summary>
/// What the link to a bot that nobody owns yet carries. Only its hash is kept, in memory. It ends after a while, and when too
/// many were wrong, until a new one is drawn; that it is of use only once is a matter of the ownership, of which there is one.
/// </summary>
internal sealed class ClaimCode(TimeProvider time)
{
    public const string Prefix = "claim_";

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public const int MostWrong = 5;

    public static readonly TimeSpan WrongFor = TimeSpan.FromHours(1);

    /// <summary>22 characters.</summary>
    private const int Bytes = 16;

    private readonly Lock _gate = new();
    private readonly Queue<long> _wrongAt = new();
    private byte[]? _hash;
    private long _drawnAt;

    /// <summary>Whether there is a code that somebody could still claim the bot with.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
                return _hash is not null && time.GetElapsedTime(_drawnAt) < Lifetime;
        }
    }

    /// <summary>A new code; the one before is of no use any more.</summary>
    public string Draw()
    {
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        Use(code);
        return code;
    }

    /// <summary>Takes a code that somebody else has drawn.</summary>
    public void Use(string code)
    {
        lock (_gate)
        {
            (_hash, _drawnAt) = (HashOf(code), time.GetTimestamp());
            _wrongAt.Clear();
        }
    }

    /// <summary>Whether it is the code, in the same time whatever is wrong with it. The last wrong one that is tolerated ends the code.</summary>
    public bool IsRight(string code)
    {
        lock (_gate)
        {
            if (_hash is null || time.GetElapsedTime(_drawnAt) >= Lifetime)
                return false;
            if (CryptographicOperations.FixedTimeEquals(HashOf(code), _hash))
                return true;
            while (_wrongAt.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= WrongFor)
                _wrongAt.Dequeue();
            _wrongAt.Enqueue(time.GetTimestamp());
            if (_wrongAt.Count >= MostWrong)
                _hash = null;
            return false;
        }
    }

    private static byte[] HashOf(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
