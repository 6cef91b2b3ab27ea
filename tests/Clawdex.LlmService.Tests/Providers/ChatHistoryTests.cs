using Clawdex.LlmService.Providers;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.LlmService.Tests.Providers;

public sealed class ChatHistoryTests
{
    [Theory]
    [InlineData("u:a", "u:a")]
    [InlineData("u:a u:b", "u:a+b")]
    [InlineData("u:a m:b m:c u:d", "u:a m:b+c u:d")]
    [InlineData("m:a u:b", "u:b")]
    [InlineData("u:a m:b", "u:a")]
    [InlineData("u:a m:_ u:b", "u:a+b")]
    [InlineData("m:a m:b u:c m:d", "u:c")]
    [InlineData("m:a", "")]
    [InlineData("u:_", "")]
    [InlineData("", "")]
    public void Any_history_takes_the_shape_that_providers_accept(string history, string expected) =>
        Assert.Equal(expected, Describe(ChatRequest.Normalize(Parse(history))));

    [Fact]
    public void Turns_alternate_and_no_word_of_the_user_is_lost() => Prop.ForAll(
        ArbMap.Default.ArbFor<(bool FromUser, NonEmptyString Text)[]>(),
        history =>
        {
            var turns = history.Select(turn => new ChatTurn(turn.FromUser ? ChatRole.User : ChatRole.Assistant, turn.Text.Get)).ToList();
            var result = ChatRequest.Normalize(turns);

            for (var i = 0; i < result.Count; i++)
                Assert.Equal(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, result[i].Role);
            Assert.True(result.Count == 0 || result[^1].Role is ChatRole.User);
            var said = turns.Where(turn => turn.Role is ChatRole.User && !string.IsNullOrWhiteSpace(turn.Text)).Select(turn => turn.Text);
            Assert.Equal(
                string.Join("\n\n", said),
                string.Join("\n\n", result.Where(turn => turn.Role is ChatRole.User).Select(turn => turn.Text)));
        }).QuickCheckThrowOnFailure();

    private static IEnumerable<ChatTurn> Parse(string history) =>
        history.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(turn => new ChatTurn(turn[0] is 'u' ? ChatRole.User : ChatRole.Assistant, turn[2..].Replace('_', ' ')));

    private static string Describe(IEnumerable<ChatTurn> turns) => string.Join(
        ' ', turns.Select(turn => $"{(turn.Role is ChatRole.User ? 'u' : 'm')}:{turn.Text.Replace("\n\n", "+", StringComparison.Ordinal)}"));
}
