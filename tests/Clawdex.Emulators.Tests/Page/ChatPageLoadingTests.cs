using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.Emulators.Tests.Page;

/// <summary>What happens while the page still loads a chat: its answer is held back until the test has done the rest.</summary>
public sealed class ChatPageLoadingTests : ChatPageTest
{
    /// <summary>Notes each entry of the timeline after the page has taken it.</summary>
    private const string NoteEntries =
        """
        window.taken = "";
        const add = EventSource.prototype.addEventListener;
        EventSource.prototype.addEventListener = function (type, listener) {
          add.call(this, type, event => { listener(event); window.taken += event.data; });
        };
        """;

    private readonly TaskCompletionSource _isFetched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayArrive = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_message_that_comes_while_its_chat_is_loading_is_shown()
    {
        var page = await OpenAsync(script: NoteEntries);
        var ada = await Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        await ada.SendTextAsync("before", Stop);
        await HoldBackAsync(page, ada.Id);
        await ChatAsync(page, "Ada");
        await _isFetched.Task.WaitAsync(Patience, Stop);
        var sent = await Bot.SendAsync(ada.Id, "grow", Stop);
        await Bot.EditAsync(ada.Id, sent.MessageId, "grown", Stop);
        await page.WaitForFunctionAsync("() => window.taken.includes('grown')");

        _mayArrive.SetResult();
        await Expect(page.Locator("#messages li.row .text")).ToHaveTextAsync(["before", "grown"]);
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task The_chat_chosen_last_is_shown_whichever_arrives_last()
    {
        var page = await OpenAsync();
        var ada = await Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        var bob = await Telegram.Control.CreatePrivateChatAsync("Bob", Stop);
        await ada.SendTextAsync("from Ada", Stop);
        await bob.SendTextAsync("from Bob", Stop);
        await HoldBackAsync(page, ada.Id);
        await ChatAsync(page, "Ada");
        await _isFetched.Task.WaitAsync(Patience, Stop);
        await ChatAsync(page, "Bob");
        await Expect(page.Locator("#messages li.row .text")).ToHaveTextAsync("from Bob");

        var arrived = page.WaitForResponseAsync(response => response.Url.EndsWith($"/chats/{ada.Id}", StringComparison.Ordinal));
        _mayArrive.SetResult();
        await arrived;
        await SeeAsync(page, "You", "Seen");
        await Expect(page.Locator("#chat-title")).ToHaveTextAsync("Bob");
        await Expect(page.Locator("#messages li.row .text")).ToHaveTextAsync("from Bob");
    }

    private async Task HoldBackAsync(IPage page, long chatId) => await page.RouteAsync($"**/emulator/chats/{chatId}", async route =>
    {
        var fetched = await route.FetchAsync();
        _isFetched.TrySetResult();
        await _mayArrive.Task.WaitAsync(Patience, Stop);
        await route.FulfillAsync(new() { Response = fetched });
    });

    private static Task ChatAsync(IPage page, string title) => page.Locator("#chat-list button", new() { HasText = title }).ClickAsync();

    private async Task SeeAsync(IPage page, string title, string text)
    {
        var chat = (await Telegram.Control.GetChatsAsync(Stop)).Single(chat => chat.Title == title);
        await Bot.SendAsync(chat.Id, text, Stop);
        await Expect(page.Locator("#chat-list button", new() { HasText = title })).ToContainTextAsync(text);
    }
}
