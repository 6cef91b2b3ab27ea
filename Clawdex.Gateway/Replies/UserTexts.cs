using System.Globalization;
using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Replies;

/// <summary>Every word that the bot itself says to a user, as Markdown. What the model says is not here.</summary>
internal static partial class UserTexts
{
    public const string Placeholder = "…";

    public const string Hello = "👋 Hello! I am an AI assistant. Write me anything, and I will answer.\n\nSend /help for what else I can do.";

    public const string NothingToStop = "There is nothing to stop: I am not answering anything right now.";
    public const string Stopped = "⏹ Stopped.";
    public const string StoppedBeforeText = "⏹ Stopped before the first word.";
    public const string LengthLimit = "✂️ Cut at the model's length limit. Ask me to continue for more.";
    public const string ContentFilter = "🚫 The model's provider blocked the rest of this answer.";
    public const string Interrupted = "⚠️ The connection to the model broke before the answer was complete.";
    public const string EmptyAnswer = "The model gave an empty answer. Try to rephrase your message.";
    public const string PictureLeftOut = "🖼 The answer came with a picture or another file, which I cannot show here.";
    public const string NotShown = "Telegram refused to show this answer, or a part of it.";
    public const string Parked = "⏸ I am being restarted and will finish this answer right after.";
    public const string ModelAway = "⏳ I have lost the connection to the model service and am waiting for it to come back…";
    public const string StoreAway = "⏳ I cannot reach the conversation store right now and am waiting for it to come back…";
    public const string Continue = "▶️ Continue";
    public const string Continuing = "Continuing…";
    public const string AnswerAgain = "🔄 Answer again";
    public const string AnsweringAgain = "Answering again…";
    public const string PressAgain = "Too much is waiting here already. Please press again in a moment.";
    public const string NoTokensLeft = "Today's tokens are used. Please press again after midnight UTC.";
    public const string TooOld = "⚠️ I was interrupted before I could finish this answer. Please send your message again.";
    public const string CompactedOnTheWay = "🗜 The conversation had become too long for the model, so I summarized its older part.";
    public const string ContextCut = "📜 This conversation has become longer than what I read of it: its beginning is left out from now on. /compact summarizes it, /reset starts anew.";
    public const string TooLong = "This conversation is too long for the model, and there is nothing left to summarize. Use /reset, or /model for a model with a larger context window.";

    public const string Stranger = "Sorry, this is a private assistant: it answers only the people its owner has allowed.";
    public const string StrangerAsked = "This is a private assistant. I have asked its owner whether you may use it.";
    public const string NoOwnerYet = "This assistant has no owner yet, so it answers nobody. Whoever runs it becomes its owner by the link that is printed at its start, or by *Pair* in the dashboard; a link works for 15 minutes.";
    public const string Claimed = """
        🔑 This assistant is yours now. It answers you, and nobody else until you say so.

        /users - Who may use it
        /revoke \<id> - Let somebody out again

        In groups, /model, /reset, /compact, /retry, /undo and /forget are yours alone. Add me to a group and mention me there.
        """;
    public const string LeavingGroup = "Sorry, I am a private assistant and stay only where somebody whom I serve has added me. Goodbye.";
    public const string OwnersOnly = "Only my owner may do that.";
    public const string OwnersOnlyHere = "In a group only my owner may do that, because it concerns everybody here.";
    public const string LetIn = "👋 The owner has let you in. Write me anything, and I will answer.";
    public const string RevokeWhom = "Whom? Send `/revoke <id>`; /users shows the ids.";
    public const string OwnerStays = "That is the owner, who stays.";
    public const string EveryoneIsServed = "Everyone may use me: `channels:telegram:allowedUsers` says so. Nobody can be let out.";

    public const string TextOnly = "I can only read text. Please write what you want to say or ask.";
    public const string ResetDone = "🧹 History cleared. The next message starts a new conversation.";
    public const string ResetEmpty = "There is no history to clear.";
    public const string Forgotten = "🗑 Everything I had stored about this chat is deleted: its history, its summaries and its choice of a model.";
    public const string NothingToCompact = "There is too little history to compact.";
    public const string CompactionStopped = "⏹ Stopped. Nothing was changed.";
    public const string CompactionEmpty = "The model gave no summary, so nothing was changed. Try again, or switch models with /model.";
    public const string CompactionOutdated = "The history changed meanwhile, so nothing was compacted. Try again.";
    public const string CompactHow = "Say /compact or /compact undo.";
    public const string NoSummary = "There is no summary to take back.";
    public const string StillAnswering = "I am still at work on an answer. Wait for it, or use /stop first.";
    public const string NothingToRetry = "There is no question that I could answer again.";
    public const string NothingToUndo = "There is nothing to take back. What a summary stands for comes back with `/compact undo`.";
    public const string ContinuationUndone = "↩️ Taken back: the continuation of your last answer. The chat still shows it; I no longer know of it.";
    public const string ButtonOutdated = "This button is out of date. Send me a message instead.";
    public const string ButtonOfAnother = "This button is for whoever asked. Send me a message of your own instead.";
    public const string StorageFull = "I have no room left to store messages. Please tell the person who runs me.";
    public const string StorageAway = "I cannot reach the conversation store right now. Please try again in a moment.";
    public const string WaitingForStorage = "⏳ I cannot store messages right now. Yours is not lost: it waits at Telegram, and I will answer it as soon as I can.";
    public const string WaitingForRoom = "⏳ I have no room left to store messages; please tell the person who runs me. Yours is not lost: it waits at Telegram, and I will answer it as soon as there is room.";
    public const string Broken = "Something went wrong on my side.";

    /// <param name="name">As it was cleaned; empty = unknown.</param>
    public static string Asks(string name, long userId) =>
        $"👤 {(name.Length > 0 ? MarkdownText.Escape(name) : "Somebody")} (id {MarkdownText.Code(Id(userId))}) would like to use this assistant.";

    public static string Decided(string? name, long userId, bool isAllowed)
    {
        var who = name is { Length: > 0 } ? $"{MarkdownText.Escape(name)} (id {MarkdownText.Code(Id(userId))})" : $"Id {MarkdownText.Code(Id(userId))}";
        return isAllowed ? $"✅ {who} may use this assistant now. To undo that: {MarkdownText.Code($"/revoke {Id(userId)}")}" : $"🚫 {who} was not let in.";
    }

    /// <param name="owner">Null = there is none.</param>
    /// <param name="areFixed">The settings name them.</param>
    public static string Users(long? owner, IEnumerable<long> people, bool areFixed) => string.Join<string>('\n',
    [
        .. owner is { } id ? (string[])[$"Owner: {MarkdownText.Code(Id(id))}"] : [],
        .. people.Where(person => person != owner).Select(person => $"Allowed: {MarkdownText.Code(Id(person))}"),
        .. areFixed ? (string[])["", "The settings name them (`channels:telegram:allowedUsers`): nobody else can be let in."] : [],
    ]);

    public static string Revoked(long userId, bool wasIn) =>
        wasIn ? $"🚪 {MarkdownText.Code(Id(userId))} is let out." : $"{MarkdownText.Code(Id(userId))} was not in. /users shows who is.";

    public static string NamedBySettings(long userId) =>
        $"{MarkdownText.Code(Id(userId))} is allowed by the settings: remove the id from `channels:telegram:allowedUsers` and restart me.";

    public static string Help(IEnumerable<(string Usage, string Action)> commands) =>
        string.Join('\n', commands.Select(command => $"{command.Usage.Replace("<", "\\<", StringComparison.Ordinal)} - {command.Action}"));

    /// <summary>For a message that could not be stored and will be delivered again.</summary>
    public static string Waiting(SessionFailure failure) => failure is SessionFailure.Full ? WaitingForRoom : WaitingForStorage;

    /// <param name="unfinished">With the one that is being answered.</param>
    public static string Busy(int unfinished) =>
        $"I am still working on {Count(unfinished, "earlier message")}, so I did not take this one. Please send it again once I have caught up, or use /stop.";

    public static string UserBudgetSpent(int limit, TimeSpan left) =>
        $"⚠️ You have used your {Number(limit)} tokens of today. I go on at midnight UTC, {In(left)}; the owner can raise `agent:limits:tokensPerUserPerDay`.";

    public static string DayBudgetSpent(int limit, TimeSpan left) =>
        $"⚠️ The {Number(limit)} tokens of today, for everybody together, are used. I go on at midnight UTC, {In(left)}; the owner can raise `agent:limits:tokensPerDay`.";

    /// <summary>For the owner.</summary>
    public static string DayBudgetAlarm(long used, int limit, TimeSpan left) => used < limit
        ? $"💰 {Number(used)} of today's {Number(limit)} tokens are used, by everybody together. When all are, I answer nobody until midnight UTC, {In(left)}. The limit is `agent:limits:tokensPerDay`."
        : $"💰 Today's {Number(limit)} tokens are used, by everybody together. I answer nobody until midnight UTC, {In(left)}. The limit is `agent:limits:tokensPerDay`.";

    public static string ModelNotAllowed(string model, IReadOnlyList<string> suggestions) => suggestions.Count == 0
        ? $"Only the owner may choose {MarkdownText.Code(model)} here. Send /model for what you can choose."
        : $"Only the owner may choose {MarkdownText.Code(model)} here. Did you mean {string.Join(", ", suggestions.Select(MarkdownText.Code))}?";

    /// <summary>Below an answer.</summary>
    public static string StoodIn(string model, string chosen) => $"🔀 {MarkdownText.Code(model)} answered, because {MarkdownText.Code(chosen)} did not.";

    public static string ModelNoLongerAllowed(string model, string answered) =>
        $"⚠️ You may not use {MarkdownText.Code(model)} here any more, so {MarkdownText.Code(answered)} has answered. Send /model to choose another one.";

    public static string UnknownCommand(string name) => $"I do not know /{MarkdownText.Escape(name)}. Send /help for the list of commands.";

    public static string ModelNow(string model, bool isDefault) =>
        $"Current model: {MarkdownText.Code(model)} ({Source(isDefault)})\n\nSwitch with `/model <name>`, for example `/model openai/gpt-4o`, or go back with `/model default`.";

    public static string Rich(bool isOn) => isOn
        ? "✨ Rich messages are on: an answer with a table, a formula or a list of tasks ends as one. A client that does not know them shows nothing: /rich off."
        : "✨ Rich messages are off: tables and formulas are shown as text. /rich on has your client draw them.";

    public const string RichHow = "Say /rich on or /rich off.";

    public static string ModelSwitched(string model) => $"✅ Model switched to {MarkdownText.Code(model)} for this conversation.";

    public static string ModelCleared(string model) => $"✅ Back to the default model, {MarkdownText.Code(model)}.";

    public static string ModelUnknown(string model, IReadOnlyList<string> suggestions) => suggestions.Count == 0
        ? $"{ModelSwitched(model)}\n\nI do not know this model, so it may not work."
        : $"{ModelSwitched(model)}\n\nI do not know this model, so it may not work. Did you mean {string.Join(", ", suggestions.Select(MarkdownText.Code))}?";

    /// <param name="userLimit">0 = no limit.</param>
    /// <param name="limit">For everybody together; 0 = no limit.</param>
    public static string TokensToday(TokensUsed used, int userLimit, int limit) =>
        $"Tokens today: {Number(used.OfUser)}{Of(userLimit)} yours, {Number(used.OfAll)}{Of(limit)} in all";

    /// <param name="choice">The conversation's model, with the alias that it goes by.</param>
    /// <param name="tokensToday">A line of its own.</param>
    public static string Status(string choice, string model, bool isDefault, SessionSummary session, int contextWindow, TimeSpan age, string tokensToday) => string.Join<string>('\n',
    [
        $"Model: {MarkdownText.Code(choice)} ({Source(isDefault)})",
        // Another model stands in when the chosen one fails; or it was the chosen one until a moment ago.
        .. session.LastModel is { } last && last != model ? (string[])[$"Last answer: {MarkdownText.Code(last)}"] : [],
        $"Messages: {session.MessageCount.ToString(CultureInfo.InvariantCulture)}",
        $"Session age: {(session.Exists ? Age(age) : "new")}",
        contextWindow > 0
            ? $"Context: about {Number(session.ContextTokens)} of {Number(contextWindow)} tokens"
            : $"Context: about {Number(session.ContextTokens)} tokens",
        tokensToday,
        .. session.CostMicrodollars > 0 ? (string[])[$"Cost of this conversation: {Dollars(session.CostMicrodollars)}"] : [],
        .. session.LastTraceId.Length > 0 ? (string[])[$"Last trace: {MarkdownText.Code(session.LastTraceId)}"] : [],
    ]);

    public static string Compacted(ContextSize before, ContextSize after) =>
        $"🗜 Compacted: {Size(before)} before, {Size(after)} after.";

    public static string CompactionUndone(ContextSize size) => $"🗜 The last summary is taken back: I read {Size(size)} again.";

    public static string Undone(string question) =>
        $"↩️ Taken back: “{MarkdownText.Escape(Excerpt(question))}” and its answer. The chat still shows them; I no longer know of them.";

    private static string Source(bool isDefault) => isDefault ? "default" : "set for this conversation";

    private static string Size(ContextSize size) => $"{Count(size.Messages, "message")} and about {Number(size.Tokens)} tokens";

    private static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => "less than a minute",
        { TotalHours: < 1 } => Count((int)age.TotalMinutes, "minute"),
        { TotalDays: < 1 } => $"{Count((int)age.TotalHours, "hour")} {Count(age.Minutes, "minute")}",
        _ => $"{Count((int)age.TotalDays, "day")} {Count(age.Hours, "hour")}",
    };

    private static string Excerpt(string text)
    {
        const int longest = 60;
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var end = char.IsHighSurrogate(line[Math.Min(line.Length, longest) - 1]) ? longest - 1 : longest;
        return line.Length > longest ? $"{line[..end]}…" : line;
    }

    private static string Count(int count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Of(int limit) => limit > 0 ? $" of {Number(limit)}" : "";

    private static string In(TimeSpan left) => left.TotalHours < 1
        ? $"in {Count((int)Math.Ceiling(left.TotalMinutes), "minute")}"
        : $"in {Count((int)Math.Round(left.TotalHours), "hour")}";

    private static string Dollars(long microdollars) => microdollars < 100
        ? "less than $0.0001"
        : string.Create(CultureInfo.InvariantCulture, $"${microdollars / 1_000_000m:0.00##}");

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
