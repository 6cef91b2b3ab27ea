using Clawdex.Gateway.Services;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Access;

/// <summary>
/// Whom the bot serves, and whose it is: whom the settings name, else who claimed it and whom he let in. What is stored of it is
/// kept in memory; only the gateway that answers changes it, and reads it when its time to answer comes.
/// </summary>
internal sealed class People(PeopleClient store, IOptions<TelegramOptions> options, TimeProvider time, ILogger<People> logger)
    : IHealthCheck
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly long[] _named = [.. options.Value.NamedUsers];
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadOnlyList<Person> _stored = [];

    // Why it cannot be read who is in; null = it was, or is being.
    private volatile SessionException? _failure;

    /// <summary>Whose bot it is, and his private chat's number; null = nobody's yet, or everybody's.</summary>
    public long? Owner =>
        options.Value.EveryoneIsOwner ? null
        : StoredOwner is { } owner && (_named.Length == 0 || _named.Contains(owner)) ? owner
        : _named is [var first, ..] ? first
        : null;

    /// <summary>Whether nobody owns the bot, and who opens the right link would.</summary>
    public bool IsUnclaimed => options.Value.IsClaimable && StoredOwner is null;

    /// <summary>Who is in by name, the owner among them.</summary>
    public IReadOnlyList<long> All => _named.Length > 0 ? _named : [.. _stored.Select(person => person.UserId)];

    private long? StoredOwner => _stored.FirstOrDefault(person => person.IsOwner)?.UserId;

    public bool IsOwner(long? userId) => options.Value.EveryoneIsOwner || userId is { } id && id == Owner;

    /// <param name="userId">Null = nobody in particular; allowed only where everyone is.</param>
    public bool Allows(long? userId) =>
        options.Value.AllowsEveryone
        || userId is { } id && (_named.Length > 0 ? _named.Contains(id) : _stored.Any(person => person.UserId == id));

    /// <summary>Whether somebody who is not in can be let in: whom the settings name are all that there can be.</summary>
    public bool CanBeExtended => options.Value is { AllowsEveryone: false } && _named.Length == 0;

    /// <summary>Reads what is stored, however long that takes: nobody is served before.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!await TryReadAsync(cancellationToken))
                await Task.Delay(PauseAfterFailure, time, cancellationToken);
            _read.TrySetResult();
        }
        finally
        {
            // Also when this gateway no longer answers: nobody reads on, and the failure would stand for ever.
            _failure = null;
        }
    }

    /// <summary>Ends when it is known who is in.</summary>
    public Task WhenReadAsync(CancellationToken cancellationToken) => _read.Task.WaitAsync(cancellationToken);

    /// <summary>Makes somebody the owner, unless somebody is. False = another one is.</summary>
    public async Task<bool> ClaimAsync(long userId, CancellationToken cancellationToken)
    {
        _stored = await store.ClaimAsync(userId, cancellationToken);
        return StoredOwner == userId;
    }

    public async Task AddAsync(long userId, long addedBy, CancellationToken cancellationToken) =>
        _stored = await store.AddAsync(userId, addedBy, cancellationToken);

    public async Task RemoveAsync(long userId, CancellationToken cancellationToken) => _stored = await store.RemoveAsync(userId, cancellationToken);

    /// <summary>Whether it is known who may use the bot: nobody is answered before.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(_failure is { Failure: var failure }
            ? HealthCheckResult.Unhealthy($"It cannot be read who may use the bot ({failure})")
            : HealthCheckResult.Healthy());

    private async Task<bool> TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            _stored = await store.ListAsync(cancellationToken);
            return true;
        }
        catch (SessionException error)
        {
            if (_failure is null)
                logger.PeopleUnreadable(error.Failure);
            _failure = error;
            return false;
        }
    }
}
