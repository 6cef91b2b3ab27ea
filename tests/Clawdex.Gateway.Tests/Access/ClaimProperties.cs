using Clawdex.Gateway.Access;
using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Updates;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>
/// Whatever happens, and in whatever order: the bot has one owner at most, who opened a link that counted, and serves nobody
/// beside him. What should happen is told by <see cref="Model"/>, in a few lines.
/// </summary>
public sealed class ClaimProperties
{
    private const int Sequences = 10_000;

    /// <summary>Each costs a database's flush or two.</summary>
    private const int SequencesOnTheStore = 100;

    private const int Users = 4;

    private static readonly BotIdentity Bot = new(1, "clawdex_bot");

    private static readonly Gen<Step[]> Steps = Gen.OneOf(
        Gen.Constant<Step>(new Step.Draw()),
        from user in Gen.Choose(1, Users) from way in Gen.Elements(Enum.GetValues<Way>()) select (Step)new Step.Open(user, way),
        from user in Gen.Choose(1, Users) from way in Gen.Elements(Enum.GetValues<Way>()) select (Step)new Step.Open(user, way),
        from user in Gen.Choose(1, Users) from other in Gen.Choose(1, Users) select (Step)new Step.OpenAtOnce(user, other),
        from user in Gen.Choose(1, Users) from isStored in Gen.Elements(true, false) select (Step)new Step.OpenAndKill(user, isStored),
        from user in Gen.Choose(1, Users) from times in Gen.Choose(1, 5) select (Step)new Step.Guess(user, times),
        from minutes in Gen.Elements(1, 5, 14, 15, 50, 61) select (Step)new Step.Wait(TimeSpan.FromMinutes(minutes)),
        Gen.Constant<Step>(new Step.Restart())).NonEmptyListOf().Select(steps => steps.ToArray());

    [Fact]
    public void Nobody_but_the_first_who_opened_a_link_that_counts_is_served() => Check(Sequences, () => new StoreOfOne());

    [Fact]
    public async Task The_same_on_the_real_store()
    {
        await using var sessions = new SessionsUnderTest();
        using var channel = GrpcChannel.ForAddress(sessions.Address);
        Check(SequencesOnTheStore, () =>
        {
            sessions.RemoveEverybody();
            return new Proto.Sessions.SessionsClient(channel);
        });
    }

    private static void Check(int sequences, Func<Proto.Sessions.SessionsClient> store) => Prop
        .ForAll(Steps.ToArbitrary(), steps => RunAsync(steps, store()).GetAwaiter().GetResult())
        .Check(Config.QuickThrowOnFailure.WithMaxTest(sequences));

    private static async Task RunAsync(Step[] steps, Proto.Sessions.SessionsClient store)
    {
        var time = new FakeTimeProvider();
        var (model, gateway) = (new Model(time), await GatewayOf(store, time));
        foreach (var step in steps)
        {
            gateway = await TakeAsync(step, model, gateway, store, time);
            Assert.Equal(model.Owner, gateway.People.Owner);
            Assert.All(Enumerable.Range(1, Users), user => Assert.Equal(user == model.Owner, gateway.People.Allows(user)));
            var stored = await store.ListPeopleAsync(new Proto.ListPeopleRequest(), cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(model.Owner is { } owner ? [owner] : [], stored.All.Select(person => person.UserId));
        }
    }

    private static async Task<Parts> TakeAsync(Step step, Model model, Parts gateway, Proto.Sessions.SessionsClient store, FakeTimeProvider time)
    {
        switch (step)
        {
            case Step.Draw:
                model.Draw(gateway.Claim.Draw());
                break;
            case Step.Open(var user, var way):
                if (gateway.Admit(user, model.Code, way))
                    await gateway.People.ClaimAsync(user, CancellationToken.None);
                model.Open(user, way);
                break;
            case Step.OpenAtOnce(var user, var other):
                // Both are let in before either is stored.
                var isAdmitted = (gateway.Admit(user, model.Code, Way.Private), gateway.Admit(other, model.Code, Way.Private));
                await Task.WhenAll(
                    isAdmitted.Item1 ? gateway.People.ClaimAsync(user, CancellationToken.None) : Task.CompletedTask,
                    isAdmitted.Item2 ? gateway.People.ClaimAsync(other, CancellationToken.None) : Task.CompletedTask);
                model.OpenAtOnce(user, other, gateway.People.Owner);
                break;
            case Step.OpenAndKill(var user, var isStored):
                if (gateway.Admit(user, model.Code, Way.Private) && isStored)
                    await store.ClaimOwnershipAsync(new Proto.ClaimOwnershipRequest { UserId = user }, cancellationToken: CancellationToken.None);
                if (isStored)
                    model.Open(user, Way.Private);
                model.Restart();
                return await GatewayOf(store, time);
            case Step.Guess(var user, var times):
                for (var i = 0; i < times; i++)
                {
                    Assert.False(gateway.Admit(user, $"guess-{i}", Way.Private));
                    model.Guess();
                }

                break;
            case Step.Wait(var span):
                time.Advance(span);
                break;
            case Step.Restart:
                model.Restart();
                return await GatewayOf(store, time);
        }

        return gateway;
    }

    private static async Task<Parts> GatewayOf(Proto.Sessions.SessionsClient store, TimeProvider time)
    {
        var sessions = new SessionClient(store, new ChatIds(), time, NullLogger<SessionClient>.Instance);
        var people = new People(new PeopleClient(store, sessions), Options.Create(new TelegramOptions()), time, NullLogger<People>.Instance);
        await people.ReadAsync(CancellationToken.None);
        var claim = new ClaimCode(time);
        return new Parts(people, claim, new Admissions(people, claim, new Refusals(time), new CommandTable([], NullLogger<CommandTable>.Instance), new RunningReplies()));
    }

    /// <summary>How a link comes.</summary>
    private enum Way
    {
        Private,
        Group,
        Forwarded,
        AnotherBot,
    }

    private abstract record Step
    {
        public sealed record Draw : Step;

        public sealed record Open(int User, Way Way) : Step;

        public sealed record OpenAtOnce(int User, int Other) : Step;

        public sealed record OpenAndKill(int User, bool IsStored) : Step;

        public sealed record Guess(int User, int Times) : Step;

        public sealed record Wait(TimeSpan Span) : Step;

        public sealed record Restart : Step;
    }

    /// <summary>What of a gateway has to do with it.</summary>
    private sealed record Parts(People People, ClaimCode Claim, Admissions Admissions)
    {
        public bool Admit(int user, string code, Way way) => Admissions.Of(
            new InboundMessage(1, new Conversation(way is Way.Group ? -user : user), 1, default, $"/start{(way is Way.AnotherBot ? "@other_bot" : "")} claim_{code}")
            {
                UserId = user,
                IsAddressed = way is not Way.Group,
                IsForwarded = way is Way.Forwarded,
            },
            Bot) is Admission.Claim;
    }

    /// <summary>What should be.</summary>
    private sealed class Model(TimeProvider time)
    {
        private DateTimeOffset? _drawnAt;
        private List<DateTimeOffset> _wrong = [];

        public long? Owner { get; private set; }

        /// <summary>The last one, whether it still counts or not.</summary>
        public string Code { get; private set; } = "none";

        private bool Counts => _drawnAt is { } drawn && time.GetUtcNow() - drawn < TimeSpan.FromMinutes(15);

        public void Draw(string code) => (Code, _drawnAt, _wrong) = (code, time.GetUtcNow(), []);

        public void Open(long user, Way way)
        {
            if (Counts && way is Way.Private)
                Owner ??= user;
        }

        public void OpenAtOnce(long user, long other, long? became)
        {
            if (Counts && Owner is null && became is { } first && (first == user || first == other))
                Owner = first;
        }

        public void Guess()
        {
            if (!Counts || Owner is not null)
                return;
            _wrong.Add(time.GetUtcNow());
            if (_wrong.Count(at => time.GetUtcNow() - at < TimeSpan.FromHours(1)) >= 5)
                _drawnAt = null;
        }

        public void Restart() => _drawnAt = null;
    }

    /// <summary>The session service's rule on its own: the first to claim is the owner.</summary>
    private sealed class StoreOfOne : Proto.Sessions.SessionsClient
    {
        private readonly Proto.People _people = new();

        public override AsyncUnaryCall<Proto.People> ListPeopleAsync(Proto.ListPeopleRequest request, CallOptions options) => Answer();

        public override AsyncUnaryCall<Proto.People> ListPeopleAsync(
            Proto.ListPeopleRequest request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) => Answer();

        public override AsyncUnaryCall<Proto.People> ClaimOwnershipAsync(
            Proto.ClaimOwnershipRequest request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
            ClaimOwnershipAsync(request, default(CallOptions));

        public override AsyncUnaryCall<Proto.People> ClaimOwnershipAsync(Proto.ClaimOwnershipRequest request, CallOptions options)
        {
            if (_people.All.Count == 0)
                _people.All.Add(new Proto.Person { UserId = request.UserId, Role = Proto.PersonRole.Owner });
            return Answer();
        }

        private AsyncUnaryCall<Proto.People> Answer() => new(
            Task.FromResult(_people.Clone()), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }
}
