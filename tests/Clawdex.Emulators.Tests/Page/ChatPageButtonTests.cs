using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.Emulators.Tests.Page;

/// <summary>The buttons below a message: pressed in the page, answered by the bot.</summary>
public sealed class ChatPageButtonTests : ChatPageTest
{
    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_button_is_pressed_and_the_answer_is_shown()
    {
        var page = await OpenAsync();
        var button = await OfferButtonsAsync(page);
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(button).ToHaveAttributeAsync("aria-busy", "true");

        await AnswerPressAsync("Model: GPT");
        await Expect(page.Locator("#toasts")).ToContainTextAsync("Model: GPT");
        await Expect(button).Not.ToHaveAttributeAsync("aria-busy", "true");
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task An_answer_is_shown_even_if_it_is_there_before_the_press_has_returned()
    {
        var page = await OpenAsync();
        var button = await OfferButtonsAsync(page);
        var isAnswered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/presses", async route =>
        {
            var pressed = await route.FetchAsync();
            await isAnswered.Task.WaitAsync(Patience, Stop);
            await route.FulfillAsync(new() { Response = pressed });
        });
        await button.ClickAsync();
        await AnswerPressAsync("Model: GPT");
        // What comes later on the same stream shows that the page has seen the answer.
        await Bot.SendAsync(Assert.Single(await Telegram.Control.GetChatsAsync(Stop)).Id, "Seen", Stop);
        await Expect(page.Locator("li.row.in .text").Last).ToHaveTextAsync("Seen");
        await Expect(button).ToHaveAttributeAsync("aria-busy", "true");

        isAnswered.SetResult();
        await Expect(page.Locator("#toasts")).ToContainTextAsync("Model: GPT");
        await Expect(button).Not.ToHaveAttributeAsync("aria-busy", "true");
    }

    /// <summary>The bot offers two models; the button of the second.</summary>
    private async Task<ILocator> OfferButtonsAsync(IPage page)
    {
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        var keyboard = new { inline_keyboard = new[] { new[] { new { text = "Gemini", callback_data = "model:gemini" }, new { text = "GPT", callback_data = "model:gpt" } } } };
        await Bot.CallAsync("sendMessage", new { chat_id = chat.Id, text = "Choose a model", reply_markup = keyboard }, Stop);
        return page.GetByRole(AriaRole.Button, new() { Name = "GPT" });
    }

    private async Task AnswerPressAsync(string text)
    {
        var updates = (await Bot.CallAsync("getUpdates", new { timeout = 20 }, Stop)).Result;
        var query = Assert.Single(updates.EnumerateArray()).GetProperty("callback_query");
        Assert.Equal("model:gpt", query.GetProperty("data").GetString());
        await Bot.CallAsync("answerCallbackQuery", new { callback_query_id = query.GetProperty("id").GetString(), text }, Stop);
    }
}
