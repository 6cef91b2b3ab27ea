using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Storage;

/// <summary>
/// The file behind <c>emulator:dataDirectory</c>: JSON lines, appended as things change, rewritten without history at each start.
/// A line is handed to the system before anybody sees the change, so that a killed emulator repeats no id. Without a folder, and
/// until <see cref="Open"/>, appending does nothing.
/// </summary>
internal sealed class StateLog(IOptions<TelegramEmulatorOptions> options) : IDisposable
{
    private const string FileName = "telegram.jsonl";

    private readonly Lock _gate = new();
    private readonly string? _path = options.Value.DataDirectory is { Length: > 0 } folder ? Path.Combine(folder, FileName) : null;
    private FileStream? _file;

    public void Append(StateLine line)
    {
        lock (_gate)
        {
            if (_file is not null)
                Write(_file, line);
        }
    }

    /// <summary>All lines, oldest first. A last line that was cut off is ignored: its change was never seen by anybody.</summary>
    /// <exception cref="InvalidDataException">Another line is damaged.</exception>
    public IEnumerable<StateLine> Read()
    {
        if (_path is null || !File.Exists(_path))
            yield break;
        using var reader = new StreamReader(_path, Encoding.UTF8);
        var number = 0;
        while (reader.ReadLine() is { } text)
        {
            number++;
            if (Parse(text) is { } line)
                yield return line;
            else if (reader.Peek() >= 0)
                throw new InvalidDataException($"{_path}, line {number}: not readable; move the file away to start anew");
        }
    }

    /// <summary>Replaces the file by the given lines, all or nothing, and appends from now on.</summary>
    public void Open(IEnumerable<StateLine> lines)
    {
        if (_path is null)
            return;
        Directory.CreateDirectory(options.Value.DataDirectory);
        var rewritten = $"{_path}.new";
        using (var file = Create(rewritten))
        {
            foreach (var line in lines)
                Write(file, line);
            file.Flush(flushToDisk: true);
        }

        File.Move(rewritten, _path, overwrite: true);
        lock (_gate)
            _file = new(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    /// <summary>For its owner alone: it holds conversations.</summary>
    private static FileStream Create(string path)
    {
        var opening = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            opening.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, opening);
    }

    private static void Write(FileStream file, StateLine line) =>
        file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, StateJson.Default.StateLine), (byte)'\n']);

    private static StateLine? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, StateJson.Default.StateLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
