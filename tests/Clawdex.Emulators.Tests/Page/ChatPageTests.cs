using System.Text.RegularExpressions;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.Emulators.Tests.Page;

/// <summary>Writing, reading and finding one's way.</summary>
public sealed class ChatPageTests : ChatPageTest
{
    private const string Hostile = "<img src=x onerror=\"document.title='hacked'\"> & <b>not bold</b>";

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_message_is_typed_and_its_answer_grows_in_place()
    {
        var page = await OpenAsync();
        var text = page.GetByRole(AriaRole.Combobox, new() { Name = "Message", Exact = true });
        await Expect(text).ToBeFocusedAsync();
        await Expect(page.GetByText("Emulated Telegram: nothing leaves this machine")).ToBeVisibleAsync();
        await Expect(page.GetByText("Say hello")).ToBeVisibleAsync();
        await page.EvaluateAsync(
            """
            () => {
              window.states = [];
              window.elements = new Set();
              new MutationObserver(() => {
                const answer = document.querySelector("li.row.in .text");
                if (!answer) return;
                window.elements.add(answer);
                if (window.states.at(-1) !== answer.textContent) window.states.push(answer.textContent);
              }).observe(document.getElementById("messages"), { childList: true, subtree: true, characterData: true });
            }
            """);

        await text.FillAsync("Tell me a story");
        await text.PressAsync("Shift+Enter");
        await text.PressSequentiallyAsync("a short one");
        await text.PressAsync("Enter");
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        var question = await chat.WaitForEntryAsync(entry => entry.Kind is TimelineKind.UserMessage, Patience, Stop);
        Assert.Equal("Tell me a story\na short one", question.Message?.Text);
        await Expect(text).ToHaveValueAsync("");

        await Bot.CallAsync("sendChatAction", new { chat_id = chat.Id, action = "typing" }, Stop);
        await Expect(page.Locator("#typing")).ToBeVisibleAsync();
        var answer = page.Locator("li.row.in .text");
        var sent = await Bot.SendAsync(chat.Id, "Once", Stop);
        await Expect(answer).ToHaveTextAsync("Once");
        await Expect(page.Locator("#typing")).ToBeHiddenAsync();
        foreach (var more in (string[])["Once upon", "Once upon a time", "Once upon a time."])
        {
            await Bot.EditAsync(chat.Id, sent.MessageId, more, Stop);
            await Expect(answer).ToHaveTextAsync(more);
        }

        Assert.Equal(["Once", "Once upon", "Once upon a time", "Once upon a time."], await page.EvaluateAsync<string[]>("() => window.states"));
        Assert.Equal(1, await page.EvaluateAsync<int>("() => window.elements.size"));
        await Expect(page.Locator("li.row.in .meta")).ToContainTextAsync("edited");
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task The_command_menu_works_by_keyboard()
    {
        var page = await OpenAsync();
        var text = page.Locator("#text");
        await text.PressSequentiallyAsync("/");
        await Expect(page.GetByRole(AriaRole.Option)).ToHaveCountAsync(4);
        await text.PressSequentiallyAsync("m");
        await Expect(page.GetByRole(AriaRole.Option)).ToHaveTextAsync(["/modelShow or switch the model"]);
        await text.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Listbox)).ToBeHiddenAsync();
        await text.FillAsync("/");
        await text.PressAsync("ArrowDown");
        await Expect(page.GetByRole(AriaRole.Option, new() { Selected = true })).ToContainTextAsync("/model");
        await text.PressAsync("Tab");
        await Expect(text).ToHaveValueAsync("/model ");
        await text.FillAsync("/");
        await text.PressAsync("ArrowUp");
        await text.PressAsync("Enter");

        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        await chat.WaitForEntryAsync(entry => entry.Message?.Text == "/status", Patience, Stop);
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task Formatting_is_shown_and_text_is_never_code()
    {
        var page = await OpenAsync();
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        await chat.SendTextAsync(Hostile, Stop);
        await Bot.SendAsync(chat.Id, Hostile, Stop);
        await Bot.SendHtmlAsync(chat.Id, Showcase, Stop);

        await Expect(page.Locator("li.row.out .text")).ToHaveTextAsync(Hostile);
        var answer = page.Locator("li.row.in .text").Last;
        await Expect(answer.Locator("strong").First).ToHaveTextAsync("bold");
        await Expect(answer.Locator(".code-head span")).ToHaveTextAsync("csharp");
        await Expect(answer.Locator("pre code")).ToContainTextAsync("if (a < b && c > d)");
        await Expect(answer.Locator("blockquote")).ToContainTextAsync("quote");
        await Expect(answer.Locator("a")).ToHaveAttributeAsync("href", "https://example.com/a?b=1&c=2");
        await answer.Locator(".spoiler").ClickAsync();
        await Expect(answer.Locator(".spoiler")).ToHaveClassAsync(new Regex("shown"));
        Assert.Equal(0, await page.Locator("#messages img").CountAsync());
        Assert.Equal("Clawdex", await page.TitleAsync());
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task The_reader_keeps_the_place_while_an_answer_grows_below()
    {
        var page = await OpenAsync();
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        for (var i = 1; i <= 40; i++)
            await chat.SendTextAsync($"line {i}", Stop);
        var sent = await Bot.SendAsync(chat.Id, "start", Stop);
        await Expect(page.Locator("li.row.in")).ToBeInViewportAsync();
        await Bot.EditAsync(chat.Id, sent.MessageId, string.Join('\n', Enumerable.Range(1, 60)), Stop);
        await Expect(page.Locator("li.row.in .meta")).ToBeInViewportAsync();

        await page.Locator("#scroller").EvaluateAsync("e => e.scrollTop = 100");
        await Expect(page.Locator("#jump")).ToBeVisibleAsync();
        await Bot.EditAsync(chat.Id, sent.MessageId, string.Join('\n', Enumerable.Range(1, 90)), Stop);
        await Bot.SendAsync(chat.Id, "another", Stop);
        await Expect(page.Locator("#jump-count")).ToHaveTextAsync("1");
        Assert.Equal(100, await page.Locator("#scroller").EvaluateAsync<int>("e => e.scrollTop"));
        await page.Locator("#jump").ClickAsync();
        await Expect(page.Locator("li.row.in").Last).ToBeInViewportAsync();
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task Chats_are_created_switched_and_counted()
    {
        var page = await OpenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New chat" }).ClickAsync();
        await page.GetByRole(AriaRole.Radio, new() { Name = "Group" }).First.CheckAsync();
        await page.GetByLabel("Title").FillAsync("Friends");
        await page.GetByLabel("Members, separated by commas").FillAsync("Ada, Bob");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(page.Locator("#chat-title")).ToHaveTextAsync("Friends");
        await Expect(page.Locator("#text")).ToBeFocusedAsync();
        await page.Locator("#text").FillAsync("hello all");
        await page.Locator("#persona-select").SelectOptionAsync("Bob");
        await page.Locator("#text").PressAsync("Enter");
        await Expect(page.Locator("li.row .sender")).ToHaveTextAsync("Bob");

        var you = (await Telegram.Control.GetChatsAsync(Stop)).Single(chat => chat.Title == "You");
        await Bot.SendAsync(you.Id, "news", Stop);
        await Bot.SendAsync(you.Id, "more news", Stop);
        var item = page.Locator("#chat-list li").First;
        await Expect(item.Locator(".name")).ToHaveTextAsync("You");
        await Expect(item.Locator(".badge")).ToHaveTextAsync("2");
        await Expect(page).ToHaveTitleAsync("(2) Clawdex");
        await item.ClickAsync();
        await Expect(page.Locator("li.row.in").Last).ToContainTextAsync("more news");
        await Expect(item.Locator(".badge")).ToBeHiddenAsync();
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_phone_shows_the_list_or_one_chat_and_nothing_is_cut_off()
    {
        var page = await OpenAsync(320, 640);
        var chat = Assert.Single(await Telegram.Control.GetChatsAsync(Stop));
        await chat.SendTextAsync("hello", Stop);
        await Bot.SendHtmlAsync(chat.Id, Showcase + new string('x', 300), Stop);
        await Expect(page.Locator("li.row.in")).ToBeInViewportAsync();
        await Expect(page.Locator(".sidebar")).ToBeHiddenAsync();
        Assert.Equal(320, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        Assert.True(await page.EvaluateAsync<bool>("() => [...document.querySelectorAll('.bubble')].every(b => b.getBoundingClientRect().right <= 320)"));

        await page.GetByRole(AriaRole.Button, new() { Name = "Back to the chats" }).ClickAsync();
        await Expect(page.Locator(".sidebar")).ToBeVisibleAsync();
        await Expect(page.Locator("main")).ToBeHiddenAsync();
        await page.Locator("#chat-list button").First.ClickAsync();
        await Expect(page.Locator("#chat-title")).ToHaveTextAsync("You");
        await page.GoBackAsync();
        await Expect(page.Locator(".sidebar")).ToBeVisibleAsync();
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task The_page_comes_back_after_the_emulator_was_restarted()
    {
        using var folder = new TemporaryDirectory();
        var port = 0;
        // As the AppHost restarts it: with the same tokens.
        TelegramEmulatorOptions options = new() { FirstChat = "You", DataDirectory = folder.FullPath };
        await using (var first = await TelegramEmulatorHost.StartAsync(options, null, Stop))
        {
            port = first.BaseAddress.Port;
            var page = await OpenAsync(address: first.Page);
            var chat = Assert.Single(await first.Control.GetChatsAsync(Stop));
            await chat.SendTextAsync("before", Stop);
            await Expect(page.Locator("li.row.out")).ToHaveTextAsync(new Regex("before"));
            await first.DisposeAsync();
            await Expect(page.Locator("#connection")).ToHaveTextAsync("Reconnecting…");

            await using var second = await TelegramEmulatorHost.StartAsync(options, null, port, Stop);
            await Expect(page.Locator("#connection")).ToHaveTextAsync("", new() { Timeout = 20_000 });
            await Assert.Single(await second.Control.GetChatsAsync(Stop)).SendTextAsync("after", Stop);
            await Expect(page.Locator("li.row.out").Last).ToContainTextAsync("after");
            await Expect(page.Locator("li.row.out").First).ToContainTextAsync("before");
        }
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_page_keeps_its_token_and_one_of_another_start_says_where_to_go()
    {
        var page = await OpenAsync();
        Assert.DoesNotContain("token", page.Url, StringComparison.Ordinal);
        await page.GotoAsync(Telegram.BaseAddress.ToString());
        await Expect(page.Locator("#chat-title")).ToHaveTextAsync("You");

        var port = Telegram.BaseAddress.Port;
        await Telegram.DisposeAsync();
        await using var next = await TelegramEmulatorHost.StartAsync(new() { FirstChat = "You" }, null, port, Stop);
        await Expect(page.Locator("#connection")).ToContainTextAsync("open the address that the console shows", new() { Timeout = 20_000 });

        await page.GotoAsync(next.Page.ToString());
        await Expect(page.Locator("#connection")).ToHaveTextAsync("");
        await Expect(page.Locator("#chat-title")).ToHaveTextAsync("You");
    }

    private const string Showcase =
        """
        Here is <b>bold</b>, <i>italic</i>, <u>underlined</u>, <s>struck</s>, <code>inline code</code> and a <tg-spoiler>secret</tg-spoiler>.

        <blockquote>A quote with <b>weight</b></blockquote>
        See <a href="https://example.com/a?b=1&amp;c=2">the page</a>:
        <pre><code class="language-csharp">if (a &lt; b &amp;&amp; c &gt; d)
            Console.WriteLine("Hello, world! This line is long enough to scroll sideways.");</code></pre>
        Done.
        """;
}
