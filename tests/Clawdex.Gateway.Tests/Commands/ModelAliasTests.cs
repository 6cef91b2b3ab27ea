using Clawdex.Gateway.Tests.Running;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>Short names for models, as the settings give them.</summary>
public sealed class ModelAliasTests
{
    private static readonly (string, string)[] Aliases = [("agent:modelAliases:fast", "fake/quick"), ("agent:modelAliases:smart", "fake/deep")];

    [Fact]
    public async Task An_alias_is_chosen_by_its_name_and_always_shown_with_its_model()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Aliases);
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("/model Fast");
        await chat.ReadsAsync("✅ Model switched to Fast = fake/quick for this conversation.");
        await chat.SayAsync("who answers?");
        await chat.ReadsAsync("Echo: who answers?");

        Assert.Equal("fake/quick", Assert.Single(gateway.Llm.Calls).Request.Model);
        await chat.SayAsync("/status");
        await chat.ReadsAsync(message => message.Text.StartsWith("Model: Fast = fake/quick (set for this conversation)\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_menu_shows_aliases_first_and_a_press_chooses_one()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Aliases);
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("/model");
        var menu = await chat.ReadsAsync(message => message.Keyboard is not null);
        Assert.Equal(["fast = fake/quick", "smart = fake/deep", "✓ fake/model"], (menu.Keyboard ?? []).Take(3).Select(row => row[0].Text));
        await chat.PressAsync(menu.MessageId, menu.DataOf("smart = fake/deep"), TestContext.Current.CancellationToken);

        await chat.ReadsAsync("✅ Model switched to smart = fake/deep for this conversation.");
        await chat.SayAsync("who answers?");
        await chat.ReadsAsync("Echo: who answers?");
        Assert.Equal("fake/deep", Assert.Single(gateway.Llm.Calls).Request.Model);
    }

    [Fact]
    public async Task The_default_model_may_be_an_alias()
    {
        await using var gateway = await GatewayUnderTest.StartAsync([.. Aliases, ("agent:model", "smart")]);
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("who answers?");
        await chat.ReadsAsync("Echo: who answers?");
        await chat.SayAsync("/model");

        var menu = await chat.ReadsAsync(message => message.Text.StartsWith("Current model: smart = fake/deep (default)", StringComparison.Ordinal));
        Assert.Equal("fake/deep", Assert.Single(gateway.Llm.Calls).Request.Model);
        Assert.Equal(["fast = fake/quick", "✓ smart = fake/deep"], (menu.Keyboard ?? []).Take(2).Select(row => row[0].Text));
    }

    [Fact]
    public async Task Everybody_may_choose_what_the_owner_has_given_a_name()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            [.. Aliases, ("agent:allowedModels:0", "openai/*"), ("channels:telegram:allowedUsers:0", "7"), ("channels:telegram:allowedUsers:1", "*")]);
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("/model fake/quick");
        await chat.ReadsAsync(message => message.Text.StartsWith("Only the owner may choose fake/quick here.", StringComparison.Ordinal));
        await chat.SayAsync("/model fast");

        await chat.ReadsAsync("✅ Model switched to fast = fake/quick for this conversation.");
    }
}
