using Clawdex.SessionService.Model;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>States, reasons and roles cross the wire by their number.</summary>
public sealed class MappingTests
{
    [Fact]
    public void A_state_has_the_name_and_the_number_of_the_contract() =>
        Assert.Equal(NamesOf<Wire.TurnState>().Where(state => state.Number > 0), NamesOf<TurnState>());

    [Fact]
    public void A_reason_has_the_name_and_the_number_of_the_contract()
    {
        Assert.Equal(NamesOf<Wire.FinishReason>().Where(reason => reason.Number > 0), NamesOf<FinishReason>().Where(reason => reason.Number > 0));
        Assert.Equal((int)Wire.FinishReason.Unspecified, (int)FinishReason.Unknown);
    }

    [Fact]
    public void Who_speaks_has_the_name_and_the_number_of_the_contract() =>
        Assert.Equal([(nameof(Wire.Role.User), (int)Wire.Role.User), (nameof(Wire.Role.Assistant), (int)Wire.Role.Assistant)], NamesOf<MessageRole>());

    private static IEnumerable<(string Name, int Number)> NamesOf<T>() where T : struct, Enum =>
        Enum.GetValues<T>().Select(value => (value.ToString(), Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture)));
}
