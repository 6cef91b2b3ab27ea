using System.Diagnostics;
using System.Text.Json;
using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// Takes in updates, from a poll or a webhook: each one on its own, in order within a conversation and in parallel across
/// them. One trace begins here per update. When it returns, the updates may be confirmed, but for those that it names.
/// </summary>
internal sealed class UpdateIntake(
    Admissions admissions, MessageRouter router, MessageFinder finder, ChatIds ids, IOptions<TelegramOptions> options, TimeProvider time, ILogger<UpdateIntake> logger)
{
    /// <summary>A message that is older than this was written while the gateway was away.</summary>
    private static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(1);

    /// <returns>The ids of messages that could not be stored, and of those behind them: they must come again.</returns>
    public async Task<IReadOnlySet<int>> HandleAsync(IEnumerable<JsonElement> updates, BotIdentity bot, CancellationToken cancellationToken)
    {
        List<InboundEvent> events = [];
        foreach (var update in updates)
        {
            if (IdOf(update) is not { } id)
                logger.UpdateMalformed(0, KindOf(update), "no update_id");
            else if (Read(id, update, bot) is { } happened)
                events.Add(happened);
        }

        // Before all else: who writes to a chat's new id goes on in the conversation that began under its old one.
        await RouteAsync([.. events.OfType<ChatMigration>()], bot, cancellationToken);
        var conversations = events
            .Where(happened => happened is not ChatMigration)
            .Select(happened => happened with { Conversation = ids.First(happened.Conversation) })
            .GroupBy(happened => happened.Conversation);
        var notStored = await Task.WhenAll(conversations.Select(group => RouteAsync([.. group], bot, cancellationToken)));
        return notStored.SelectMany(updateIds => updateIds).ToHashSet();
    }

    /// <summary>The update's number; null = it has none.</summary>
    public static int? IdOf(JsonElement update) =>
        update.ValueKind is JsonValueKind.Object
        && update.EnumerateObject().LastOrDefault(member => NameOf(member) is "update_id").Value is { ValueKind: JsonValueKind.Number } id
        && id.TryGetInt32(out var value) ? value : null;

    /// <summary>A member's name; "?" where it is half of a character, which nothing is called.</summary>
    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }

    private InboundEvent? Read(int id, JsonElement json, BotIdentity bot)
    {
        try
        {
            if (UpdateReader.Parse(json) is not { } update)
                return null;
            if (update.Message is { } message)
                finder.Note(new Conversation(message.Chat.Id), message.Id);
            return UpdateReader.Read(update, bot);
        }
        catch (Exception error)
        {
            // The library throws whatever it happens to meet; what one update is made of must never end the bot.
            logger.UpdateMalformed(id, KindOf(json), error.GetType().Name);
            return null;
        }
    }

    /// <summary>The Bot API's name of what an update is about, fit for a log.</summary>
    private static string KindOf(JsonElement update) =>
        update.ValueKind is JsonValueKind.Object
        && update.EnumerateObject().Select(NameOf).FirstOrDefault(name => name != "update_id") is { Length: <= 40 } kind
        && kind.All(c => char.IsAsciiLetterLower(c) || c == '_')
            ? kind
            : "unknown";

    private async Task<IReadOnlyList<int>> RouteAsync(InboundEvent[] events, BotIdentity bot, CancellationToken cancellationToken)
    {
        List<int> notStored = [];
        for (var i = 0; i < events.Length; i++)
        {
            var admission = admissions.Of(events[i], bot);
            if (admission is Admission.Drop)
                continue;
            // What was written behind a message that must come again would overtake it; commands may.
            if (admission is Admission.Serve && notStored.Count > 0 && events[i] is InboundMessage behind && IsQuestion(behind))
            {
                notStored.Add(events[i].UpdateId);
                continue;
            }

            var update = events[i] is InboundMessage message ? ClassifyByAge(message, events.Skip(i + 1)) : events[i];
            var outer = Activity.Current;
            var trace = admission is Admission.Aside ? null : UpdateTrace.Begin(KindOf(update), update.UpdateId);
            try
            {
                if (!await router.RouteAsync(update with { Update = trace }, admission, bot, cancellationToken))
                    notStored.Add(update.UpdateId);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                // A bug that one update hits must not keep all others waiting behind it for ever.
                trace?.Span?.AddException(error).Failed(error.GetType().Name);
                logger.UpdateFailed(update.UpdateId, error);
            }
            finally
            {
                trace?.Release();
                Activity.Current = outer;
            }
        }

        return notStored;
    }

    private static string KindOf(InboundEvent update) => update switch
    {
        InboundMessage message => IsQuestion(message) ? "message" : "command",
        InboundEdit => "edit",
        InboundMedia => "media",
        ButtonPress => "button",
        ChatMigration => "migration",
        BotAdded => "addition",
        _ => "removal",
    };

    private static bool IsQuestion(InboundMessage message) => CommandLine.Of(message) is null;

    private InboundMessage ClassifyByAge(InboundMessage message, IEnumerable<InboundEvent> following)
    {
        var age = time.GetUtcNow() - message.SentAt;
        return age < LateAfter ? message : message with
        {
            IsBacklog = true,
            IsSuperseded = age >= options.Value.AnswerWithin && following.Any(next => next is InboundMessage { IsAddressed: true } later && IsQuestion(later)),
        };
    }
}
