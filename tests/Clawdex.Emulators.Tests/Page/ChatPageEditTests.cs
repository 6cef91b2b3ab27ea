using System.Text.RegularExpressions;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.Emulators.Tests.Page;

/// <summary>What happens to messages that are there: a question is edited and answered again, an answer becomes rich.</summary>
public sealed class ChatPageEditTests : ChatPageTest
{
    private const string Rich =
        """
        <h2>Plan</h2><p>So <tg-math>a^2</tg-math>:</p><ul><li><input type="checkbox" checked>done</li><li><input type="checkbox">open</li></ul>
        <table bordered><tr><th>a</th><th align="right">much longer than a phone is wide, and longer</th></tr><tr><td><b>1</b></td><td align="right">also_a_long_one_that_cannot_be_broken_anywhere</td></tr></table>
        <details><summary>More</summary><p>Hidden &lt;img src=x onerror="document.title='hacked'"&gt;</p></details>
        """;

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_question_is_edited_by_keyboard_and_answered_again_by_its_button()
    {
        var page = await OpenAsync();
        var text = page.Locator("#text");
        await text.FillAsync("waht?");
        await text.PressAsync("Enter");
        await Expect(page.Locator("li.row.out .text")).ToHaveTextAsync("waht?");
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        var sent = await Bot.SendAsync(chat.Id, "An answer", Stop);

        await text.PressAsync("ArrowUp");
        await Expect(page.Locator("#context-title")).ToHaveTextAsync("Edit message");
        await Expect(text).ToHaveValueAsync("waht?");
        await text.FillAsync("what?");
        await text.PressAsync("Enter");
        await Expect(page.Locator("li.row.out .text")).ToHaveTextAsync("what?");
        await Expect(page.Locator("li.row.out .meta")).ToContainTextAsync("edited");

        var keyboard = new { inline_keyboard = new[] { new[] { new { text = "🔄 Answer again", callback_data = "again" } } } };
        await Bot.CallAsync("editMessageReplyMarkup", new { chat_id = chat.Id, message_id = sent.MessageId, reply_markup = keyboard }, Stop);
        await page.GetByRole(AriaRole.Button, new() { Name = "🔄 Answer again" }).PressAsync("Enter");
        await chat.WaitForEntryAsync(entry => entry.Kind is TimelineKind.ButtonPress, Patience, Stop);
        await Bot.EditAsync(chat.Id, sent.MessageId, "Another answer", Stop);

        await Expect(page.Locator("li.row.in .text")).ToHaveTextAsync("Another answer");
        await Expect(page.Locator(".keyboard")).ToHaveCountAsync(0);
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task An_answer_becomes_rich_and_ordinary_again()
    {
        var page = await OpenAsync();
        var (chatId, messageId) = await ShowRichAsync();
        var answer = page.Locator("li.row.in .text");

        await Expect(answer.Locator("th").First).ToHaveTextAsync("a");
        await Expect(answer.Locator("th").Last).ToHaveCSSAsync("text-align", "right");
        await Expect(answer.Locator("td b")).ToHaveTextAsync("1");
        await Expect(answer.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(2);
        await Expect(answer.GetByRole(AriaRole.Checkbox).First).ToBeCheckedAsync();
        await Expect(answer.Locator(".formula")).ToHaveTextAsync("a^2");
        await Expect(answer.GetByText("Hidden")).ToBeHiddenAsync();
        await answer.Locator("summary").PressAsync("Enter");
        await Expect(answer.GetByText("Hidden <img")).ToBeVisibleAsync();
        Assert.Equal(0, await page.Locator("#messages img").CountAsync());
        Assert.Equal("Clawdex", await page.TitleAsync());

        await Bot.EditAsync(chatId, messageId, "Ordinary", Stop);
        await Expect(answer).ToHaveTextAsync("Ordinary");
        await Expect(answer).Not.ToHaveClassAsync(new Regex("rich"));
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task On_a_phone_a_wide_table_is_scrolled_by_itself()
    {
        var page = await OpenAsync(width: 360, height: 700);
        await ShowRichAsync();

        var table = page.Locator("li.row.in .table");
        await Expect(table).ToBeVisibleAsync();
        Assert.True(await table.EvaluateAsync<bool>("table => table.scrollWidth > table.clientWidth"));
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth && document.getElementById('scroller').scrollWidth <= innerWidth"));
    }

    private async Task<(long ChatId, int MessageId)> ShowRichAsync()
    {
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        var sent = await Bot.SendAsync(chat.Id, "Plan", Stop);
        var edited = await Bot.CallAsync(
            "editMessageText", new { chat_id = chat.Id, message_id = sent.MessageId, rich_message = new { html = Rich, skip_entity_detection = true } }, Stop);
        Assert.True(edited.Ok);
        return (chat.Id, sent.MessageId);
    }
}
