using System.Net;
using Clawdex.Gateway.Telegram;
using Telegram.Bot;
using Telegram.Bot.Exceptions;
using Telegram.Bot.Requests;
using Telegram.Bot.Types;

namespace Clawdex.Gateway.Tests.Telegram;

public sealed class BotApiFailureTests
{
    private static readonly Dictionary<string, Exception> Errors = new()
    {
        ["time-out"] = new RequestException("timed out", new TaskCanceledException()),
        ["cancelled"] = new OperationCanceledException(),
        ["connection lost"] = new RequestException("lost", new HttpRequestException(HttpRequestError.ResponseEnded)),
        ["body lost"] = new RequestException("lost", new IOException()),
        ["server"] = new ApiRequestException("Internal Server Error", 500),
        ["bug"] = new InvalidOperationException("a bug"),
        ["bug inside the library"] = new RequestException("a bug", new InvalidOperationException("a bug")),
        ["text that cannot be encoded"] = new ArgumentException("half a character"),
    };

    [Theory]
    [InlineData("time-out")]
    [InlineData("cancelled")]
    [InlineData("connection lost")]
    [InlineData("body lost")]
    [InlineData("server")]
    public void A_call_whose_answer_is_lost_may_have_arrived(string error) =>
        Assert.Equal(BotApiFailureKind.Unknown, BotApiFailure.Of(Errors[error]).Kind);

    [Fact]
    public async Task A_call_for_which_no_connection_was_made_in_time_never_left()
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(1),
            ConnectCallback = static async (_, cancel) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
                return Stream.Null;
            },
        });
        var bot = new TelegramBotClient("1234567:a-token", http);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => bot.SendMessage(1, "hello", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(BotApiFailureKind.NotSent, BotApiFailure.Of(error).Kind);
    }

    [Theory]
    [InlineData("bug")]
    [InlineData("bug inside the library")]
    [InlineData("text that cannot be encoded")]
    public void A_call_that_breaks_in_this_program_is_not_taken_for_one_that_may_have_arrived(string error) =>
        Assert.Equal(BotApiFailureKind.Broken, BotApiFailure.Of(Errors[error]).Kind);

    [Fact]
    public void A_good_answer_that_cannot_be_read_was_taken() =>
        Assert.Equal(BotApiFailureKind.Taken, BotApiFailure.Of(new RequestException("no message", HttpStatusCode.OK)).Kind);

    [Theory]
    [InlineData("Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")]
    [InlineData("Bad Request: MESSAGE_NOT_MODIFIED")]
    public void An_edit_that_changes_nothing_is_one_whoever_says_so(string description) =>
        Assert.Equal(BotApiFailureKind.NotModified, BotApiFailure.Of(new ApiRequestException(description, 400)).Kind);

    [Fact]
    public void A_reason_that_nobody_knows_is_a_refusal() =>
        Assert.Equal(BotApiFailureKind.Refused, BotApiFailure.Of(new ApiRequestException("Bad Request: something new", 400)).Kind);

    [Theory]
    [InlineData("Bad Request: CHAT_SEND_PLAIN_FORBIDDEN")]
    [InlineData("Bad Request: CHAT_GUEST_SEND_FORBIDDEN")]
    [InlineData("Bad Request: CHAT_WRITE_FORBIDDEN")]
    [InlineData("Bad Request: CHAT_ADMIN_REQUIRED")]
    [InlineData("Bad Request: CHAT_RESTRICTED")]
    [InlineData("Bad Request: CHANNEL_PRIVATE")]
    [InlineData("Bad Request: USER_BANNED_IN_CHANNEL")]
    [InlineData("Bad Request: USER_IS_BLOCKED")]
    [InlineData("Bad Request: YOU_BLOCKED_USER")]
    [InlineData("Bad Request: USER_IS_BOT")]
    [InlineData("Bad Request: INPUT_USER_DEACTIVATED")]
    [InlineData("Bad Request: user not found")]
    [InlineData("Bad Request: chat is deactivated")]
    [InlineData("Bad Request: group chat was deactivated")]
    [InlineData("Bad Request: bot was kicked from the supergroup chat")]
    [InlineData("Bad Request: have no write access to the chat")]
    [InlineData("Bad Request: have no access to the chat")]
    [InlineData("Bad Request: have no rights to send a message")]
    [InlineData("Bad Request: not enough rights to send text messages to the chat")]
    [InlineData("Bad Request: need administrator rights in the channel chat")]
    public void A_chat_that_the_bot_may_not_write_to_is_gone_whatever_the_words(string description) =>
        Assert.Equal(BotApiFailureKind.ChatGone, BotApiFailure.Of(new ApiRequestException(description, 400)).Kind);

    [Theory]
    [InlineData(-7, 1)]
    [InlineData(0, 1)]
    [InlineData(7, 7)]
    [InlineData(5_000_000, 86_400)]
    [InlineData(int.MaxValue, 86_400)]
    public void A_wait_that_telegram_asks_for_is_of_a_second_to_a_day(int asked, int waited) =>
        Assert.Equal(
            TimeSpan.FromSeconds(waited),
            BotApiFailure.Of(new ApiRequestException("Too Many Requests", 429, new ResponseParameters { RetryAfter = asked })).RetryAfter);

    [Theory]
    [InlineData("17", 17)]
    [InlineData("Tue, 14 Nov 2023 22:14:50 GMT", 90)]
    [InlineData("Tue, 14 Nov 2023 22:13:10 GMT", 1)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    [InlineData("soon", 1)]
    public async Task A_wait_that_only_the_header_asks_for_may_be_a_date(string retryAfter, int waited)
    {
        using var http = new HttpClient(new BotApiAnswers { InnerHandler = new Busy(retryAfter) });
        var bot = new TelegramBotClient("1234567:a-token", http);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => bot.SendRequest(new GetMeRequest(), TestContext.Current.CancellationToken));

        Assert.Equal(TimeSpan.FromSeconds(waited), BotApiFailure.Of(error).RetryAfter);
    }

    /// <summary>A proxy that takes no more calls.</summary>
    private sealed class Busy(string retryAfter) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Content = new StringContent("slow down") };
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
            response.Headers.TryAddWithoutValidation("Date", "Tue, 14 Nov 2023 22:13:20 GMT");
            return Task.FromResult(response);
        }
    }
}
