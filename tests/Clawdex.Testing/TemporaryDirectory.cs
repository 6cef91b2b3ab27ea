namespace Clawdex.Testing;

/// <summary>A new folder below the system's temporary one, deleted with everything in it when disposed.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("clawdex-").FullName;

    /// <summary>The full path of a file or folder in here.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(FullPath, recursive: true);
        }
        catch (IOException)
        {
            // A process that is still ending may write a last file; a leftover in the temporary folder fails no test.
        }
    }
}
