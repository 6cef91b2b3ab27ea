using System.Net;
using System.Security.Cryptography;

namespace Clawdex.Testing;

/// <summary>
/// An address of this machine for a server that is ended and started again at the same place. On 127.0.0.1, its port may meanwhile
/// have become that of somebody's outgoing connection; those are not made from any other address of 127.0.0.0/8.
/// </summary>
public static class LoopbackAddress
{
    public static IPAddress Next() =>
        new([127, (byte)RandomNumberGenerator.GetInt32(1, 255), (byte)RandomNumberGenerator.GetInt32(1, 255), (byte)RandomNumberGenerator.GetInt32(1, 255)]);
}
