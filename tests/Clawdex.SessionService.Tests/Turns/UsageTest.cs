using Clawdex.SessionService.Tests.Api;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>A service, and messages that somebody is charged for.</summary>
public abstract class UsageTest : IDisposable
{
    protected const long Ann = 11, Bob = 12;

    private int _source;

    protected UsageTest() => Chat = new Conversation(Service.Client);

    private protected ServiceUnderTest Service { get; } = ServiceUnderTest.Start();

    private protected Conversation Chat { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Service.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<Wire.AcceptMessageResponse> AcceptAsync(
        long userId, string text, string? sourceId = null, long userLimit = 0, long totalLimit = 0, int reserve = 100, int maxHistoryMessages = 50, bool isCommand = false, Conversation? chat = null) =>
        await Service.Client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest
            {
                Session = (chat ?? Chat).Id,
                SourceId = sourceId ?? $"charged-{++_source}",
                Text = text,
                Command = isCommand,
                Budget = new Wire.Budget
                {
                    UserId = userId,
                    UserLimit = userLimit,
                    TotalLimit = totalLimit,
                    ReserveTokens = reserve,
                    MaxHistoryMessages = maxHistoryMessages,
                },
            },
            cancellationToken: Token);

    protected async Task CompleteAsync(long turnId, long tokens) =>
        await Service.Client.CompleteTurnAsync(
            new Wire.CompleteTurnRequest { TurnId = turnId, Text = "answer", FinishReason = Wire.FinishReason.Stop, Tokens = tokens }, cancellationToken: Token);

    protected async Task<(long OfUser, long OfAll)> UsageAsync(long userId)
    {
        var usage = (await Service.Client.GetUsageAsync(new Wire.GetUsageRequest { UserId = userId }, cancellationToken: Token)).Usage;
        return (usage.UserTokens, usage.TotalTokens);
    }
}
