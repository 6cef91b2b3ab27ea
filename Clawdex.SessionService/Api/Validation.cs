using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Api;

/// <summary>Turns away requests that no state of the database could make sense of, naming the field.</summary>
internal static class Validation
{
    /// <summary>Longest key, model name, error code and the like, in characters.</summary>
    private const int MaxNameLength = 256;

    /// <summary>Longest message, summary or system prompt, in characters. Several times what a chat or a model produces.</summary>
    private const int MaxTextLength = 1_000_000;

    private const int MaxHistoryMessages = 10_000;

    /// <summary>What one turn can cost, in tokens or in millionths of a dollar: far beyond all models, and far below what a sum of turns would overflow at.</summary>
    private const long MaxCost = 1_000_000_000_000;

    public static SessionIdentity Checked(this Wire.SessionId? id)
    {
        if (id is null)
            throw Invalid("session is missing");
        var channel = Name(id.Channel, "session.channel");
        var chatId = Name(id.ChatId, "session.chat_id");
        var key = Key(id.SessionKey, "session.session_key");
        var prefix = $"{channel}:{chatId}";
        return key == prefix || key.StartsWith(prefix + ":", StringComparison.Ordinal)
            ? new SessionIdentity(key, channel, chatId)
            : throw Invalid("session.session_key must be channel:chat_id, with :topic:id behind it for a forum topic");
    }

    public static string Key(string key, string field = "session_key") => Name(key, field);

    public static long Id(long id, string field) => id > 0 ? id : throw Invalid($"{field} must be positive");

    public static Budget Checked(this Wire.Budget budget)
    {
        if (budget.UserId == Usage.Everybody)
            throw Invalid("budget.user_id is missing");
        if (budget.UserLimit < 0 || budget.TotalLimit < 0)
            throw Invalid("budget.user_limit and budget.total_limit must not be negative");
        if (budget.MaxHistoryMessages is < 1 or > MaxHistoryMessages)
            throw Invalid($"budget.max_history_messages must be from 1 to {MaxHistoryMessages}");
        return new Budget(
            budget.UserId, budget.UserLimit, budget.TotalLimit, Count(budget.ReserveTokens, "budget.reserve_tokens"), budget.MaxHistoryMessages);
    }

    /// <param name="caller">The gateway that takes it in; empty = it does not say.</param>
    public static NewMessage Checked(this Wire.AcceptMessageRequest request, string caller) => new(
        request.Session.Checked(),
        Name(request.SourceId, "source_id"),
        request.Command ? "" : request.Retry ? Long(request.Text, "text") : Text(request.Text, "text"),
        request.OriginMessageId,
        Optional(request.TraceParent, "trace_parent"),
        request.HasContinuesTurnId ? Id(request.ContinuesTurnId, "continues_turn_id") : null)
    {
        Gateway = caller,
        Budget = request.Budget?.Checked(),
        IsCommand = request.Command,
        IsRetry = request.Retry,
    };

    /// <param name="caller">The gateway that gives it; empty = it does not say.</param>
    public static Answer Checked(this Wire.CompleteTurnRequest request, string caller) => new(
        Id(request.TurnId, "turn_id"),
        Long(request.Text, "text"),
        request.FinishReason.FromWire(),
        Optional(request.Model, "model"),
        Count(request.PromptTokens, "prompt_tokens"),
        Count(request.CompletionTokens, "completion_tokens"),
        Count(request.EstimatedPromptTokens, "estimated_prompt_tokens"),
        request.Detail.Length == 0 ? null : Long(request.Detail, "detail"))
    {
        Charge = request.HasTokens ? ChargeOf(request.Tokens, request.CostMicrodollars) : null,
        Gateway = caller,
    };

    public static Charge ChargeOf(long tokens, long microdollars) => tokens is >= 0 and <= MaxCost && microdollars is >= 0 and <= MaxCost
        ? new Charge(tokens, microdollars)
        : throw Invalid($"tokens and cost_microdollars must be from 0 to {MaxCost}");

    public static int Count(int count, string field) => count >= 0 ? count : throw Invalid($"{field} must not be negative");

    /// <summary>How many rows are asked for; 0 = as many as usual.</summary>
    public static int Rows(int count, int usual, int most, string field) =>
        count == 0 ? usual : count > 0 && count <= most ? count : throw Invalid($"{field} must be from 1 to {most}, or 0 for {usual}");

    /// <summary>A short text that must be there.</summary>
    public static string Name(string name, string field) => Filled(Short(name, field), field);

    /// <summary>A short text; null = empty.</summary>
    public static string? Optional(string text, string field) => Short(text, field) is { Length: > 0 } given ? given : null;

    /// <summary>A long text that must be there.</summary>
    public static string Text(string text, string field) => Filled(Long(text, field), field);

    /// <summary>A long text that may be empty. It loses U+0000, which PostgreSQL's texts cannot hold.</summary>
    public static string Long(string text, string field) =>
        text.Length <= MaxTextLength ? Storable(text) : throw Invalid($"{field} is longer than {MaxTextLength} characters");

    public static ContextLimits Limits(Wire.GetContextRequest request)
    {
        if (request.MaxHistoryMessages is < 1 or > MaxHistoryMessages)
            throw Invalid($"max_history_messages must be from 1 to {MaxHistoryMessages}");
        if (request.ContextWindow > 0 && request.ContextWindowPercent is < 1 or > 100)
            throw Invalid("context_window_percent must be from 1 to 100");
        return new ContextLimits(Count(request.ContextWindow, "context_window"), request.ContextWindowPercent, request.MaxHistoryMessages);
    }

    private static string Filled(string text, string field) => string.IsNullOrWhiteSpace(text) ? throw Invalid($"{field} is empty") : text;

    private static string Storable(string text) => text.Replace("\0", "", StringComparison.Ordinal);

    private static string Short(string text, string field) =>
        text.Length <= MaxNameLength ? Storable(text) : throw Invalid($"{field} is longer than {MaxNameLength} characters");

    public static RpcException Invalid(string problem) => new(new Status(StatusCode.InvalidArgument, problem));
}
