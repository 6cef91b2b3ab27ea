using System.Text.Json;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Storage;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>The bot's commands per scope and language, as setMyCommands left them.</summary>
internal sealed class CommandMenu(Timeline timeline, StateLog log)
{
    private const int MaxCommands = 100;
    private const int MaxCommandLength = 32;
    private const int MaxDescriptionLength = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IReadOnlyList<ApiBotCommand>> _byScope = [];

    /// <summary>What the menu of a chat shows: the list of the narrowest scope that has one.</summary>
    public IReadOnlyList<ApiBotCommand> For(ChatInfo chat)
    {
        lock (_gate)
        {
            string[] scopes = [$"chat:{chat.Id}:", chat.Kind is ChatKind.Private ? "all_private_chats::" : "all_group_chats::", "default::"];
            return scopes.Select(scope => _byScope.GetValueOrDefault(scope)).FirstOrDefault(list => list is not null) ?? [];
        }
    }

    public BotResult Set(BotCall call)
    {
        if (Parse(call.Text("commands")) is not { } commands)
            return BotResult.BadRequest("can't parse commands JSON object");
        if (commands.Count > MaxCommands)
            return BotResult.BadRequest("BOT_COMMANDS_TOO_MUCH");
        if (commands.Any(command => command.Command.Length is 0 or > MaxCommandLength || !command.Command.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_')))
            return BotResult.BadRequest("BOT_COMMAND_INVALID");
        if (commands.Any(command => command.Description.Trim().Length is 0 or > MaxDescriptionLength))
            return BotResult.BadRequest("BOT_COMMAND_DESCRIPTION_INVALID");
        return Store(call, commands);
    }

    public BotResult Delete(BotCall call) => Store(call, []);

    public BotResult Get(BotCall call)
    {
        if (Scope(call) is not { } scope)
            return BotResult.BadRequest("can't parse BotCommandScope: Unsupported type specified");
        lock (_gate)
            return BotResult.Ok(_byScope.GetValueOrDefault(scope) ?? [], BotApiJson.Default.IReadOnlyListApiBotCommand);
    }

    /// <summary>All lists, for the log.</summary>
    public IReadOnlyList<ScopedCommands> Snapshot()
    {
        lock (_gate)
            return [.. _byScope.Select(scope => new ScopedCommands(scope.Key, scope.Value))];
    }

    /// <summary>Takes over a list from the log.</summary>
    public void Restore(ScopedCommands commands)
    {
        lock (_gate)
            Put(commands.Scope, commands.Commands);
    }

    private void Put(string scope, IReadOnlyList<ApiBotCommand> commands)
    {
        if (commands.Count is 0)
            _byScope.Remove(scope);
        else
            _byScope[scope] = commands;
    }

    private BotResult Store(BotCall call, IReadOnlyList<ApiBotCommand> commands)
    {
        if (Scope(call) is not { } scope)
            return BotResult.BadRequest("can't parse BotCommandScope: Unsupported type specified");
        lock (_gate)
        {
            Put(scope, commands);
            log.Append(new() { Commands = new(scope, commands) });
        }

        timeline.Add(new() { ChatId = 0, Kind = TimelineKind.Commands, Method = call.Method });
        return BotResult.True;
    }

    /// <summary>Scope, chat and language as one key; null for an unknown scope.</summary>
    private static string? Scope(BotCall call)
    {
        if (call.Text("scope") is not { Length: > 0 } text)
            return $"default::{call.Text("language_code")}";
        try
        {
            using var json = JsonDocument.Parse(text);
            var type = json.RootElement.GetProperty("type").GetString();
            var chat = json.RootElement.TryGetProperty("chat_id", out var id) ? id.ToString() : "";
            return type is "default" or "all_private_chats" or "all_group_chats" or "all_chat_administrators" or "chat" or "chat_administrators" or "chat_member"
                ? $"{type}:{chat}:{call.Text("language_code")}"
                : null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static IReadOnlyList<ApiBotCommand>? Parse(string commands)
    {
        try
        {
            var parsed = commands.Length is 0 ? [] : JsonSerializer.Deserialize(commands, BotApiJson.Default.IReadOnlyListApiBotCommand);
            return parsed?.Any(command => command.Command is null || command.Description is null) is false ? parsed : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One list of commands.</summary>
/// <param name="Scope">Kind, chat and language.</param>
internal sealed record ScopedCommands(string Scope, IReadOnlyList<ApiBotCommand> Commands);
