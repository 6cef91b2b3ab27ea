using Clawdex.WholeSystem.Bench;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};

if (args is ["bare", var telegram, var models])
{
    await BareLoop.RunAsync(new Uri(telegram), new Uri(models), stop.Token);
    return 0;
}

return await Scenarios.RunAsync(args, stop.Token);
