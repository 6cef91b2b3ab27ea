namespace Clawdex.Gateway.Tests.Running;

/// <summary>Waits for a condition that nothing announces.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition) => TrueAsync(_ => Task.FromResult(condition()));

    public static async Task TrueAsync(Func<CancellationToken, Task<bool>> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(GatewayUnderTest.Soon);
        while (!await condition(deadline.Token))
            await Task.Delay(Pause, deadline.Token);
    }
}
