using System.ComponentModel.DataAnnotations;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>Whether a URL may or must have a path.</summary>
public enum UrlPath
{
    /// <summary>With or without; no query.</summary>
    Optional,

    /// <summary>Scheme and authority only.</summary>
    None,

    /// <summary>More than the root, and one that can be served: neither an empty part nor a question mark in it. A query is fine.</summary>
    Required,
}

/// <summary>An absolute http or https URL without user name and fragment.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpUrlAttribute(UrlPath path = UrlPath.Optional) : ValidationAttribute(ProblemOf(path))
{
    /// <summary>Keys and conversations are sent there, so http to another machine needs the section's <c>allowInsecure</c>.</summary>
    public bool CarriesSecrets { get; init; }

    /// <summary>Whether what is sent to a URL leaves this machine in plain text.</summary>
    public static bool IsReadableOnTheWay(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http", IsLoopback: false };

    public override bool IsValid(object? value) =>
        Uri.TryCreate((value as string)?.Trim(), UriKind.Absolute, out var url)
        && url.Scheme is "http" or "https"
        && url is { UserInfo: "", Fragment: "" }
        && (path is UrlPath.Required ? CanBeServed(url.AbsolutePath) : url.Query.Length == 0)
        && (path is not UrlPath.None || url.AbsolutePath == "/");

    private static bool CanBeServed(string path) =>
        path.Length > 1 && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("%3F", StringComparison.OrdinalIgnoreCase);

    private static string ProblemOf(UrlPath path) => path switch
    {
        UrlPath.None => "must be an absolute http or https URL without user name, path, query and fragment",
        UrlPath.Required => "must be an absolute http or https URL with a path, without user name, fragment and //",
        _ => "must be an absolute http or https URL without user name, query and fragment",
    };
}
