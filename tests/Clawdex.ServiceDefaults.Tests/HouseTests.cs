using System.Text.RegularExpressions;
using Clawdex.Testing;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>The rooms of the services: a folder uses only those that stand before it, so that nothing depends on each other in a circle.</summary>
public sealed class HouseTests
{
    private const int MostFiles = 12;

    [Theory]
    [InlineData("Clawdex.Gateway", "Markdown Services Telegram Access Replies Turns Commands Updates")]
    [InlineData("Clawdex.SessionService", "Model Storage History Turns Api")]
    [InlineData("Clawdex.LlmService", "Providers Models Chats Api")]
    public void No_folder_uses_one_that_stands_below_it(string project, string rooms)
    {
        string[] order = ["", .. rooms.Split(' ')];
        var steps =
            from file in FilesOf(project)
            where Path.GetFileName(file) is not ("Program.cs" or "Services.cs")
            from used in Regex.Matches(File.ReadAllText(file), $@"^using (?:static )?{Regex.Escape(project)}\.(\w+)", RegexOptions.Multiline)
            where Array.IndexOf(order, used.Groups[1].Value) > Array.IndexOf(order, RoomOf(project, file))
            select $"{file} uses {used.Groups[1].Value}";

        Assert.Empty(steps);
        Assert.Empty(FilesOf(project).Select(file => RoomOf(project, file)).Except(order));
    }

    // Migrations are generated, two files for each change of the schema.
    [Theory]
    [InlineData("Clawdex.Gateway", "Markdown")]
    [InlineData("Clawdex.SessionService", "Migrations")]
    [InlineData("Clawdex.LlmService", "Providers")]
    public void No_folder_outgrows_what_a_stranger_can_take_in(string project, string exempt)
    {
        var crowded =
            from file in FilesOf(project)
            group file by Path.GetDirectoryName(file) into folder
            where folder.Count() > MostFiles && Path.GetFileName(folder.Key) != exempt
            select $"{folder.Key}: {folder.Count()} files";

        Assert.Empty(crowded);
    }

    [Fact]
    public void Every_command_is_in_the_table()
    {
        var registrations = File.ReadAllText(Path.Combine(FolderOf("Clawdex.Gateway"), "Program.cs"));
        var commands = FilesOf("Clawdex.Gateway").Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => name.EndsWith("Command", StringComparison.Ordinal) && name != "Command").ToList();

        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Contains($"{command}>", registrations, StringComparison.Ordinal));
    }

    private static string RoomOf(string project, string file) => Path.GetRelativePath(FolderOf(project), file).Split('/') is [var room, _, ..] ? room : "";

    private static IEnumerable<string> FilesOf(string project) =>
        from file in Directory.EnumerateFiles(FolderOf(project), "*.cs", SearchOption.AllDirectories)
        where RoomOf(project, file) is not ("bin" or "obj")
        select file;

    private static string FolderOf(string project) => Path.Combine(Repository.Root, project);
}
