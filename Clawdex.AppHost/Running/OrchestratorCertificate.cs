using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Clawdex.ServiceDefaults.Files;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.AppHost.Running;

/// <summary>
/// The certificate of the orchestrator (DCP) for its connection with this process, and for nothing else: Clawdex has no HTTPS
/// endpoint. DCP takes the developer certificate of ASP.NET Core; on a machine that has none, it makes RSA keys for 2 to 4 s of a
/// core at each start, and Aspire warns in red that nobody trusts a certificate. An elliptic key takes a millisecond, once.
/// </summary>
internal sealed class OrchestratorCertificate : IDeveloperCertificateService
{
    /// <summary>By this extension Aspire knows a developer certificate. The value is its version.</summary>
    private static readonly X509Extension DeveloperMark = new("1.3.6.1.4.1.311.84.1.1", [1], critical: false);

    private static readonly string File = Path.Combine(UserPath.Home, ".clawdex", "orchestrator.pfx");

    /// <summary>Kept for later starts, because Aspire leaves a copy of each one that it has seen in <c>~/.aspire</c>.</summary>
    public ImmutableList<X509Certificate2> Certificates => field ??= [Load() ?? Create()];

    public bool SupportsContainerTrust => false;

    public bool UseForHttps => false;

    public bool TrustCertificate => false;

    private static X509Certificate2? Load()
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(File, null, X509KeyStorageFlags.Exportable);
            return certificate.NotAfter.ToUniversalTime() > TimeProvider.System.GetUtcNow().AddDays(1) ? certificate : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }
    }

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: true));
        request.CertificateExtensions.Add(DeveloperMark);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(Keep(certificate.Export(X509ContentType.Pkcs12)), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Where it cannot be kept, the next start makes a new one.</summary>
    private static byte[] Keep(byte[] certificate)
    {
        try
        {
            OwnerOnly.CreateDirectory(Path.GetDirectoryName(File) ?? "");
            using var file = OwnerOnly.Open(File, FileMode.Create);
            file.Write(certificate);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Said above.
        }

        return certificate;
    }
}
