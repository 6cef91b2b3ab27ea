using Clawdex.Sessions.V1;
using Grpc.Core;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>Who may use the bot, as the session service stores it. Each call answers everybody who is in afterwards.</summary>
internal sealed class PeopleClient(Proto.Sessions.SessionsClient client, SessionClient sessions)
{
    /// <summary>Waits for a service that is away.</summary>
    public Task<IReadOnlyList<Person>> ListAsync(CancellationToken cancellationToken) =>
        CallAsync(options => client.ListPeopleAsync(new ListPeopleRequest(), options), Timeout.InfiniteTimeSpan, cancellationToken);

    public Task<IReadOnlyList<Person>> ClaimAsync(long userId, CancellationToken cancellationToken) =>
        CallAsync(options => client.ClaimOwnershipAsync(new ClaimOwnershipRequest { UserId = userId }, options), SessionClient.ReadPatience, cancellationToken);

    public Task<IReadOnlyList<Person>> AddAsync(long userId, long addedBy, CancellationToken cancellationToken) =>
        CallAsync(options => client.AddPersonAsync(new AddPersonRequest { UserId = userId, AddedBy = addedBy }, options), SessionClient.ReadPatience, cancellationToken);

    /// <summary>Also cancels the open turns of the person's private chat, and lets other gateways hear that his others are to end.</summary>
    public Task<IReadOnlyList<Person>> RemoveAsync(long userId, CancellationToken cancellationToken) =>
        CallAsync(options => client.RemovePersonAsync(new RemovePersonRequest { UserId = userId }, options), SessionClient.ReadPatience, cancellationToken);

    private async Task<IReadOnlyList<Person>> CallAsync(Func<CallOptions, AsyncUnaryCall<Proto.People>> call, TimeSpan patience, CancellationToken cancellationToken)
    {
        var people = await sessions.CallAsync(call, patience, cancellationToken);
        // A role that a newer service may have is never read as the one that may do the most.
        return [.. people.All.Select(person => new Person(person.UserId, person.Role is PersonRole.Owner))];
    }
}

/// <summary>Somebody who was let in.</summary>
internal sealed record Person(long UserId, bool IsOwner);
