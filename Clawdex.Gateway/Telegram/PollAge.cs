using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Telegram;

/// <summary>How long ago Telegram last answered a poll, as a metric and for <c>/health</c>. A webhook has no polls.</summary>
internal sealed class PollAge : IDisposable
{
    private readonly Meter _meter = new(GatewayTelemetry.Name);
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long? _answeredAt;

    public PollAge(IOptions<TelegramOptions> options, TimeProvider time)
    {
        _time = time;
        if (!options.Value.UsesWebhook)
            _meter.CreateObservableGauge("clawdex.gateway.poll.age", Measure, "s", "Time since Telegram last answered a poll.");
    }

    /// <summary>Null = Telegram has not answered yet.</summary>
    public TimeSpan? Value
    {
        get
        {
            lock (_gate)
                return _answeredAt is { } at ? _time.GetElapsedTime(at) : null;
        }
    }

    public void Renew()
    {
        lock (_gate)
            _answeredAt = _time.GetTimestamp();
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> Measure() => Value is { } age ? [new Measurement<double>(age.TotalSeconds)] : [];
}
