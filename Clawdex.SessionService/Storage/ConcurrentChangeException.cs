namespace Clawdex.SessionService.Storage;

/// <summary>A row is no longer as it was read, although this process is its only writer: somebody else works on the file.</summary>
internal sealed class ConcurrentChangeException() : Exception("Another process changed the database.");
