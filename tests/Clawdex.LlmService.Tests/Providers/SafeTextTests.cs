using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Tests.Providers;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("MyOwnKey-123", "no such key: MyOwnKey-123.", "no such key: [key].")]
    [InlineData("MyOwnKey-123", "no such key: myownkey-123.", "no such key: [key].")]
    [InlineData(null, "authorization: bearer abc-1 was refused", "authorization: [key] was refused")]
    [InlineData(null, "AIZASY0123456789 and SK-OR-V1-012345 were refused", "[key] and [key] were refused")]
    public void A_key_is_hidden_in_whatever_case_a_server_writes_it(string? key, string words, string shown) =>
        Assert.Equal(shown, SafeText.Clean(words, key));
}
