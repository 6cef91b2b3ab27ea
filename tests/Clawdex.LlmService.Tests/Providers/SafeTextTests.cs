using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Tests.Providers;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("MyOwnKey-123", "no such key: MyOwnKey-123.", "no such key: [key].")]
    [InlineData("MyOwnKey-123", "no such key: myownkey-123.", "no such key: [key].")]
    [InlineData(null, "authorization: bearer abc-1 was refused", "authorization: [key] was refused")]
    [InlineData(null, "AIZASY0123456789 and SK-OR-V1-012345 were refused", "[key] and [key] were refused")]
    [InlineData(null, "bad gsk_abcDEF0123456789abcDEF0123456789 used", "bad [key] used")]
    [InlineData(null, "bad xai-abcDEF0123456789abcDEF0123456789 used", "bad [key] used")]
    [InlineData(null, "bad hf_abcDEF0123456789abcDEF0123456789, used", "bad [key], used")]
    [InlineData(null, "bad nvapi-abcDEF0123456789abcDEF0123456789 used", "bad [key] used")]
    [InlineData(null, "bad key_sk-abcDEF0123456789 used", "bad key_[key] used")]
    [InlineData(null, "{\"api_key\":\"abcDEF0123456789abcDEF\"}", "{\"api_key\":\"[key]\"}")]
    [InlineData(null, "header x-api-key: abcDEF0123456789/abcDEF==", "header x-api-key: [key]")]
    [InlineData(null, "Authorization: Bearer abcDEF0123456789/abc+x== bad", "Authorization: [key] bad")]
    [InlineData(null, "the api-key (authentication) and hf_transfer, xai-org/grok and a risk-free task-1", "the api-key (authentication) and hf_transfer, xai-org/grok and a risk-free task-1")]
    public void A_key_is_hidden_in_whatever_case_a_server_writes_it(string? key, string words, string shown) =>
        Assert.Equal(shown, SafeText.Clean(words, key));
}
