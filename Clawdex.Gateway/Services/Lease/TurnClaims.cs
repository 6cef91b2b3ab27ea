using Clawdex.Sessions.V1;
using Google.Protobuf.Collections;
using static Clawdex.Gateway.Services.SessionMapping;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services.Lease;

/// <summary>Which turns are this gateway's to answer, beside those that it takes in itself.</summary>
internal sealed class TurnClaims(Proto.Sessions.SessionsClient client, SessionClient sessions, ChatIds ids)
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    /// <summary>Takes up what no living gateway has, of some conversations at a time.</summary>
    /// <param name="patience">Zero = the service is asked once. When it is asked again, what the first call took up is only listed.</param>
    /// <returns>Null = there is nothing left.</returns>
    public async Task<OpenTurns?> ClaimAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        ToPage((await sessions.CallAsync(options => client.ClaimTurnsAsync(new ClaimTurnsRequest(), options), patience, cancellationToken)).Turns);

    /// <summary>The next page of turns that are this gateway's and not settled, oldest first; null = there is none.</summary>
    public async Task<OpenTurns?> ListOpenAsync(long afterTurnId, CancellationToken cancellationToken)
    {
        var request = new ListOpenTurnsRequest { AfterTurnId = afterTurnId, PageSize = 100 };
        return ToPage((await sessions.WriteAsync(options => client.ListOpenTurnsAsync(request, options), cancellationToken)).Turns);
    }

    /// <summary>The chat messages of the newest turns of all chats, settled ones included.</summary>
    public async Task<IReadOnlyList<(Conversation Conversation, int MessageId)>> ListRecentAsync(CancellationToken cancellationToken)
    {
        var request = new ListRecentMessagesRequest { Channel = Conversation.Channel };
        var response = await sessions.WriteAsync(options => client.ListRecentMessagesAsync(request, options), cancellationToken);
        return [.. response.Turns.SelectMany(MessagesOf)];
    }

    /// <summary>Lets the gateway that answers in a conversation hear of a <c>/stop</c>. False = no other one does.</summary>
    public async Task<bool> RequestStopAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        var request = new RequestStopRequest { SessionKey = ids.Current(conversation).Key };
        return (await sessions.CallAsync(options => client.RequestStopAsync(request, options), StopPatience, cancellationToken)).Requested;
    }

    private static OpenTurns? ToPage(RepeatedField<Proto.Turn> turns) =>
        turns.Count > 0 ? new OpenTurns([.. turns.Select(ToTurn).OfType<Turn>()], turns.Count, turns[^1].TurnId) : null;
}
