using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>One chat's side of the contract: short names for the calls that a gateway makes for it.</summary>
internal sealed class Conversation(Wire.Sessions.SessionsClient client, string chatId = "12345", string topic = "")
{
    private int _source;

    public Wire.SessionId Id { get; } = new() { SessionKey = $"telegram:{chatId}{topic}", Channel = "telegram", ChatId = chatId };

    public string Key => Id.SessionKey;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<Wire.AcceptMessageResponse> AcceptAsync(string text, string? sourceId = null, long? continuesTurnId = null)
    {
        var request = new Wire.AcceptMessageRequest
        {
            Session = Id,
            SourceId = sourceId ?? NextSource,
            Text = text,
            OriginMessageId = 7,
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        if (continuesTurnId is { } turnId)
            request.ContinuesTurnId = turnId;
        return await client.AcceptMessageAsync(request, cancellationToken: Token);
    }

    /// <summary>The new turn's id.</summary>
    public async Task<long> SayAsync(string text) => (await AcceptAsync(text)).Turn.TurnId;

    public async Task<Wire.TurnState> CompleteAsync(
        long turnId, string text, Wire.FinishReason reason = Wire.FinishReason.Stop, int promptTokens = 0, int estimated = 0, string model = "gemini/gemini-2.5-flash") =>
        (await client.CompleteTurnAsync(
            new Wire.CompleteTurnRequest
            {
                TurnId = turnId,
                Text = text,
                FinishReason = reason,
                Model = model,
                PromptTokens = promptTokens,
                EstimatedPromptTokens = estimated,
            },
            cancellationToken: Token)).State;

    public async Task<Wire.TurnState> ShowAsync(long turnId, params long[] replyMessageIds) =>
        (await client.UpdateDeliveryAsync(
            new Wire.UpdateDeliveryRequest { TurnId = turnId, ReplyMessageIds = { replyMessageIds } }, cancellationToken: Token)).State;

    public async Task<Wire.TurnState> DeliverAsync(long turnId, params long[] replyMessageIds) =>
        (await client.UpdateDeliveryAsync(
            new Wire.UpdateDeliveryRequest { TurnId = turnId, ReplyMessageIds = { replyMessageIds }, Delivered = true },
            cancellationToken: Token)).State;

    public async Task<Wire.TurnState> FailAsync(long turnId, Wire.FinishReason reason = Wire.FinishReason.Unspecified) =>
        (await client.FailTurnAsync(
            new Wire.FailTurnRequest { TurnId = turnId, Error = "unavailable", FinishReason = reason }, cancellationToken: Token)).State;

    /// <summary>A question with its answer, delivered. Answers the turn's id.</summary>
    public async Task<long> ExchangeAsync(string question, string answer)
    {
        var turnId = await SayAsync(question);
        await CompleteAsync(turnId, answer);
        await DeliverAsync(turnId, 100 + turnId);
        return turnId;
    }

    public async Task<Wire.GetContextResponse> ContextAsync(
        long turnId = 0, int window = 0, int percent = 80, int maxMessages = 50, string systemPrompt = "") =>
        await client.GetContextAsync(
            new Wire.GetContextRequest
            {
                SessionKey = Key,
                TurnId = turnId,
                SystemPrompt = systemPrompt,
                ContextWindow = window,
                ContextWindowPercent = percent,
                MaxHistoryMessages = maxMessages,
            },
            cancellationToken: Token);

    /// <summary>The context's texts, oldest first.</summary>
    public async Task<string[]> TextsAsync(long turnId = 0) =>
        [.. (await ContextAsync(turnId)).Messages.Select(message => message.Content)];

    public async Task<Wire.GetSessionResponse> SessionAsync() =>
        await client.GetSessionAsync(new Wire.GetSessionRequest { SessionKey = Key }, cancellationToken: Token);

    /// <summary>How many of the session's turns are not settled.</summary>
    public async Task<int> OpenTurnsAsync() =>
        (await client.ListOpenTurnsAsync(new Wire.ListOpenTurnsRequest(), cancellationToken: Token)).Turns.Count(turn => turn.Session.SessionKey == Key);

    public async Task SetModelAsync(string model) =>
        await client.SetModelAsync(new Wire.SetModelRequest { Session = Id, Model = model }, cancellationToken: Token);

    /// <param name="rich">Null = as configured.</param>
    public async Task SetRichAsync(bool? rich)
    {
        var request = new Wire.SetRichRequest { Session = Id };
        if (rich is { } choice)
            request.Rich = choice;
        await client.SetRichAsync(request, cancellationToken: Token);
    }

    public async Task<int> ResetAsync() => (await ResetAsync($"reset-{Interlocked.Increment(ref _source)}")).DeletedMessages;

    public async Task<Wire.ResetResponse> ResetAsync(string sourceId) =>
        await client.ResetAsync(new Wire.ResetRequest { Session = Id, SourceId = sourceId, OriginMessageId = 9 }, cancellationToken: Token);

    public async Task<Wire.ResetResponse> ForgetAsync(string sourceId = "update-forget") =>
        await client.ResetAsync(new Wire.ResetRequest { Session = Id, SourceId = sourceId, OriginMessageId = 9, Forget = true }, cancellationToken: Token);

    public async Task<Wire.BeginCompactionResponse> BeginCompactionAsync(int maxTokens = 0) =>
        await client.BeginCompactionAsync(new Wire.BeginCompactionRequest { SessionKey = Key, MaxTokens = maxTokens }, cancellationToken: Token);

    public async Task<Wire.CommitCompactionResponse> CommitCompactionAsync(Wire.BeginCompactionResponse begun, string summary) =>
        await client.CommitCompactionAsync(
            new Wire.CommitCompactionRequest
            {
                SessionKey = Key,
                FirstMessageId = begun.FirstMessageId,
                LastMessageId = begun.LastMessageId,
                Summary = summary,
            },
            cancellationToken: Token);

    public async Task<Wire.UndoCompactionResponse> UndoCompactionAsync(string? sourceId = null) =>
        await client.UndoCompactionAsync(UndoRequest(sourceId), cancellationToken: Token);

    public async Task<Wire.UndoExchangeResponse> UndoAsync(string? sourceId = null) =>
        await client.UndoExchangeAsync(UndoRequest(sourceId), cancellationToken: Token);

    /// <summary>Asks the last question again.</summary>
    public async Task<Wire.AcceptMessageResponse> RetryAsync(string? sourceId = null) =>
        await client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest { Session = Id, SourceId = sourceId ?? NextSource, OriginMessageId = 9, Retry = true }, cancellationToken: Token);

    private Wire.UndoRequest UndoRequest(string? sourceId) => new() { Session = Id, SourceId = sourceId ?? NextSource, OriginMessageId = 9 };

    private string NextSource => $"update-{Interlocked.Increment(ref _source)}";
}
