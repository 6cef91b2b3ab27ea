using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Clawdex.Gateway.Bench;

if (args is ["cost", .. var rest])
{
    IReadOnlyList<int> lengths = rest is [var given, ..] ? [.. given.Split(',').Select(length => int.Parse(length, CultureInfo.InvariantCulture))] : [8_000, 64_000, 200_000];
    return Cost.Run(lengths, only: rest is [_, var name] ? name : "");
}

if (args is ["crowd", .. var limits])
{
    Crowd.Run(limits.Length > 0 ? [.. limits.Select(limit => int.Parse(limit, CultureInfo.InvariantCulture))] : [10_000, 2_000, 1_000, 500]);
    return 0;
}

// In this process: a child project would be restored and built beside the solution, outside of its package lanes.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkRunner.Run<GrowingAnswer>(config, args);
return 0;
