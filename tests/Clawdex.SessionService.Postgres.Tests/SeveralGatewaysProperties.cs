using System.Globalization;
using Clawdex.SessionService.Tests.Turns;
using Clawdex.Testing;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests;

/// <summary>
/// Gateways as they are to be, on the real ledger: they take in, settle, die, stand still and come back, claim, and lose answers of
/// calls, at random. Each conversation's turns are settled once each and in order, and none is left.
/// </summary>
public sealed class SeveralGatewaysProperties : IDisposable
{
    private const int Chats = 3, Steps = 60, Sequences = 12;

    private readonly TemporaryDirectory _directory = new();
    private readonly ServiceUnderTest _service;

    public SeveralGatewaysProperties() => _service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);

    public void Dispose()
    {
        _service.Query("UPDATE gateways SET dead = true RETURNING 1");
        _service.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Whatever_dies_whenever_each_turn_is_settled_once_and_in_order()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CLAWDEX_CHAOS_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next(1_000_000);
        for (var sequence = 0; sequence < Sequences; sequence++)
        {
            var run = new Run(_service, seed + sequence);
            for (var step = 0; step < Steps; step++)
                await run.StepAsync();
            await run.EndAsync();
        }
    }

    /// <summary>One sequence: conversations of its own, and gateways that are as dead as the database says.</summary>
    private sealed class Run(ServiceUnderTest service, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<FakeGateway> _gateways = [];
        private readonly Dictionary<string, List<long>> _accepted = [];
        private readonly Dictionary<string, List<long>> _settled = [];
        private int _updates;

        public async Task StepAsync()
        {
            if (_gateways.Count < 3)
                await JoinAsync();
            var gateway = _gateways[_random.Next(_gateways.Count)];
            switch (_random.Next(12))
            {
                case < 4:
                    await AcceptAsync(gateway);
                    break;
                case < 8:
                    await SettleAsync(gateway);
                    break;
                case 8 or 9:
                    await ClaimAsync(gateway);
                    break;
                case 10:
                    // It stands still, and everybody else thinks that it is dead; perhaps it will go on as if nothing had happened.
                    Late(gateway);
                    if (_random.Next(2) == 0)
                        _gateways.Remove(gateway);
                    break;
                default:
                    await gateway.Calls.KeepAliveAsync(leaving: true);
                    _gateways.Remove(gateway);
                    break;
            }
        }

        /// <summary>All who were ever there are dead but one, which finishes.</summary>
        public async Task EndAsync()
        {
            _gateways.ForEach(Late);
            _gateways.Clear();
            var last = await JoinAsync();
            do
            {
                await ClaimAsync(last);
                while (last.Open.Count > 0)
                    await SettleAsync(last);
            }
            while (OpenTurns() > 0 && last.Claims < 50);
            Assert.True(OpenTurns() == 0, $"seed {seed}: turns are left open");
            foreach (var (chat, accepted) in _accepted)
                Assert.True(accepted.SequenceEqual(_settled.GetValueOrDefault(chat, [])), $"seed {seed}: {chat} was settled in the order {string.Join(' ', _settled.GetValueOrDefault(chat, []))}");
        }

        private async Task<FakeGateway> JoinAsync()
        {
            var id = $"{seed}-{_updates++}";
            var gateway = new FakeGateway(id, new GatewayCalls(service.Client, id));
            await gateway.Calls.KeepAliveAsync();
            service.Query($"UPDATE gateways SET steady_since = steady_since - 60000, lives_until = lives_until + 600000 WHERE id = '{gateway.Id}' RETURNING 1");
            _gateways.Add(gateway);
            return gateway;
        }

        private void Late(FakeGateway gateway) =>
            service.Query($"UPDATE gateways SET lives_until = 1 WHERE id = '{gateway.Id}' RETURNING 1");

        private async Task AcceptAsync(FakeGateway gateway)
        {
            var chat = $"{seed}{_random.Next(Chats)}";
            var sourceId = $"{_updates++}";
            var turn = await gateway.Calls.AcceptAsync(sourceId, chat);
            (_accepted.TryGetValue(chat, out var accepted) ? accepted : _accepted[chat] = []).Add(turn.TurnId);
            // Its answer was lost: the same gateway asks again.
            if (_random.Next(4) == 0)
                turn = await gateway.Calls.AcceptAsync(sourceId, chat);
            if (!turn.Elsewhere)
                gateway.Take([turn]);
        }

        private async Task SettleAsync(FakeGateway gateway)
        {
            if (gateway.Open.Count == 0)
                return;
            var chat = gateway.Open.Keys.ElementAt(_random.Next(gateway.Open.Count));
            var turnId = gateway.Open[chat].Min;
            try
            {
                var next = await gateway.Calls.FailAsync(turnId);
                (_settled.TryGetValue(chat, out var settled) ? settled : _settled[chat] = []).Add(turnId);
                if (_random.Next(4) == 0)
                    next = await gateway.Calls.FailAsync(turnId);
                gateway.Ended(chat, turnId);
                gateway.Take(next);
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Aborted)
            {
                // Another one's now, with all of the conversation.
                gateway.Open.Remove(chat);
            }
        }

        private async Task ClaimAsync(FakeGateway gateway)
        {
            gateway.Claims++;
            try
            {
                gateway.Take(await gateway.Calls.ClaimAsync());
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Aborted)
            {
                // It hears that it is dead, and drops all.
                gateway.Open.Clear();
                _gateways.Remove(gateway);
            }
        }

        private int OpenTurns() => int.Parse(service.Query("SELECT count(*) FROM turns WHERE settled_at IS NULL")[0], CultureInfo.InvariantCulture);
    }

    /// <param name="id">Another one for each life.</param>
    private sealed class FakeGateway(string id, GatewayCalls calls)
    {
        public string Id => id;

        public GatewayCalls Calls => calls;

        public int Claims { get; set; }

        /// <summary>What it has to answer, of each chat in order.</summary>
        public Dictionary<string, SortedSet<long>> Open { get; } = [];

        public void Take(IEnumerable<Wire.Turn> turns)
        {
            foreach (var turn in turns)
                (Open.TryGetValue(turn.Session.ChatId, out var open) ? open : Open[turn.Session.ChatId] = []).Add(turn.TurnId);
        }

        public void Ended(string chat, long turnId)
        {
            Open[chat].Remove(turnId);
            if (Open[chat].Count == 0)
                Open.Remove(chat);
        }
    }
}
