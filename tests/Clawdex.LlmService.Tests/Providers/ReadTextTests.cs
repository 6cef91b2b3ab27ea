using System.Text;
using Clawdex.LlmService.Providers.Http;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>A bound on what is read is not what reading costs.</summary>
public sealed class ReadTextTests
{
    private const int Bound = 8 * 1024 * 1024;

    [Fact]
    public async Task A_short_body_costs_no_array_of_the_longest_ones_length()
    {
        await ReadAsync("{}", Bound); // What is made once.

        var before = GC.GetAllocatedBytesForCurrentThread();
        var text = ReadAsync("{}", Bound);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(text.IsCompleted);
        Assert.Equal("{}", await text);
        Assert.InRange(allocated, 0, 64 * 1024);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024)]
    [InlineData(1_000_000)]
    [InlineData(1_000_001)]
    public async Task What_is_beyond_the_bound_is_not_read(int length)
    {
        var body = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));

        var text = await ReadAsync(body, 1_000_000);

        Assert.Equal(body[..Math.Min(length, 1_000_000)], text);
    }

    private static async Task<string> ReadAsync(string body, int maxBytes)
    {
        using var idle = new IdleTimer(TimeSpan.FromMinutes(1), TimeProvider.System, TestContext.Current.CancellationToken);
        using var response = new HttpResponseMessage { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        return await ProviderHttp.ReadTextAsync(response, maxBytes, idle);
    }
}
