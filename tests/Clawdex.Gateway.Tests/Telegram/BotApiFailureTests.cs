using System.Net;
using Clawdex.Gateway.Telegram;
using Telegram.Bot;
using Telegram.Bot.Exceptions;

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

    [Fact]
    public void A_reason_that_nobody_knows_is_a_refusal() =>
        Assert.Equal(BotApiFailureKind.Refused, BotApiFailure.Of(new ApiRequestException("Bad Request: something new", 400)).Kind);
}
