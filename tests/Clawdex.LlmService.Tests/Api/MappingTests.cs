using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Tests.Api;

/// <summary>The service's own kinds of failure are the contract's: they cross the wire by their number.</summary>
public sealed class MappingTests
{
    [Fact]
    public void A_kind_of_failure_has_the_name_and_the_number_of_the_contract() => Assert.Equal(
        Enum.GetValues<Llm.V1.FailureKind>().Where(kind => kind is not Llm.V1.FailureKind.Unspecified).Select(kind => (kind.ToString(), (int)kind)),
        Enum.GetValues<FailureKind>().Select(kind => (kind.ToString(), (int)kind)));
}
