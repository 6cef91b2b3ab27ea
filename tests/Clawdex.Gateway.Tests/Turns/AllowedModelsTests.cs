using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary><c>agent:allowedModels</c>: which models the owner and others may choose.</summary>
public sealed class AllowedModelsTests
{
    private const long OwnerId = 7001, AnnId = 7002;

    private static readonly (string, string)[] People =
        [("channels:telegram:allowedUsers:0", $"{OwnerId}"), ("channels:telegram:allowedUsers:1", $"{AnnId}")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("unknown/model", "Only the owner may choose unknown/model here. Did you mean fake/near, fake/nearly?")]
    [InlineData("fake/other", "✅ Model switched to fake/other for this conversation.")]
    [InlineData("fake/model", "✅ Model switched to fake/model for this conversation.")]
    public async Task Who_is_not_the_owner_chooses_among_the_models_that_are_known(string name, string answer)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(People);
        var ann = await ChatAsync(gateway, AnnId);

        await ann.SayAsync($"/model {name}");

        await ann.ReadsAsync(answer);
    }

    [Theory]
    [InlineData(AnnId, "fake/other", "Only the owner may choose fake/other here. Send /model for what you can choose.")]
    [InlineData(AnnId, "Free/unknown:online", "✅ Model switched to Free/unknown:online for this conversation.\n\nI do not know this model, so it may not work. Did you mean fake/near, fake/nearly?")]
    [InlineData(AnnId, "fake/model", "✅ Model switched to fake/model for this conversation.")]
    [InlineData(OwnerId, "fake/other", "✅ Model switched to fake/other for this conversation.")]
    public async Task Patterns_say_what_may_be_chosen_besides_the_default(long userId, string name, string answer)
    {
        await using var gateway = await GatewayUnderTest.StartAsync([.. People, ("agent:allowedModels:0", "free/*")]);
        var chat = await ChatAsync(gateway, userId);

        await chat.SayAsync($"/model {name}");

        await chat.ReadsAsync(answer);
    }

    [Fact]
    public async Task A_model_that_is_no_longer_allowed_is_not_asked_and_the_answer_says_which_one_was()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("channels:telegram:allowedUsers:0", "1001"), ("channels:telegram:allowedUsers:1", "1002"), ("agent:allowedModels:0", "free/*"));
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Group, Title = "Group", Members = ["Owner", "Ann"] }, Cancel);
        await SendAsync("Owner", "/model@clawdex_bot fake/other");
        await group.ReadsAsync("✅ Model switched to fake/other for this conversation.");

        await SendAsync("Ann", "@clawdex_bot mine");
        await group.ReadsAsync("Echo: mine\n\n⚠️ You may not use fake/other here any more, so fake/model has answered. Send /model to choose another one.");
        await SendAsync("Owner", "@clawdex_bot ours");
        await group.ReadsAsync("Echo: ours");

        Assert.Equal(["fake/model", "fake/other"], gateway.Llm.Calls.Select(call => call.Request.Model));

        Task SendAsync(string from, string text) => group.SendAsync(new UserMessage { Text = text, From = from }, Cancel);
    }

    private static Task<EmulatedChat> ChatAsync(GatewayUnderTest gateway, long userId) =>
        gateway.Telegram.Control.CreateChatAsync(new() { Title = $"User {userId}", Id = userId }, Cancel);
}
