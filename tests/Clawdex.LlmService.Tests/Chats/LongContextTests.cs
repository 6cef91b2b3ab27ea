using Clawdex.Llm.V1;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>V2: a context is as long as the model allows, not as gRPC and Kestrel allow by default.</summary>
[Collection(nameof(Alone))]
public sealed class LongContextTests : ServiceTest
{
    [Theory]
    [InlineData(660)] // 13 MB: more than gRPC takes by default.
    [InlineData(2000)] // 40 MB: more than Kestrel takes by default.
    public async Task A_context_of_many_megabytes_is_answered(int messages)
    {
        var request = AnswerReading.Question(GeminiModel, "echo Hi");
        foreach (var i in Enumerable.Range(0, messages))
            request.Messages.Insert(i, new ChatMessage { Role = i % 2 == 0 ? Role.User : Role.Assistant, Content = new string('ж', 10_000) });

        var answer = await Service.AskAsync(request);

        Assert.Equal(StatusCode.OK, answer.Status.StatusCode);
        Assert.Equal("Hi", answer.Text);
    }

    [Fact]
    public async Task A_context_beyond_the_limit_of_both_sides_is_refused_by_the_transport_without_facts()
    {
        var answer = await Service.AskAsync(GeminiModel, new string('x', 64 * 1024 * 1024));

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status.StatusCode);
        Assert.Null(answer.Trailers.GetValueBytes(Answer.FailureTrailer));
        Assert.Empty(Emulator.Chats);
    }

    [Theory]
    [InlineData("", "BadModelName")]
    [InlineData("gemini/", "BadModelName")]
    [InlineData("openai/no-credit", "NoCredit")]
    public async Task What_the_service_itself_refuses_comes_with_facts(string model, string facts)
    {
        Emulator.Script(LlmEmulator.Scripts.LlmScript.Respond(402, ""));

        var answer = await Service.AskAsync(model);

        Assert.NotEqual(StatusCode.OK, answer.Status.StatusCode);
        Assert.Equal(facts, answer.Facts);
    }
}
