using System.Text;
using System.Text.Json.Nodes;
using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Tests.Hosting;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>However the bytes of a stream are cut and its lines ended, the same words come out.</summary>
public sealed class StreamPropertyTests
{
    private static readonly string[] LineEnds = ["\n", "\r\n", "\r"];

    [Fact]
    public void Any_events_in_any_fragments_with_any_line_ends_read_the_same() => Prop.ForAll(
        Gen.Zip(Texts(), Gen.Choose(0, int.MaxValue)).ToArbitrary(),
        drawn =>
        {
            var (texts, seed) = drawn;
            var random = new Random(seed);
            var stream = Encoding.UTF8.GetBytes(Write(texts, random));

            var events = ProviderStreams.ReadAsync(ProviderStreams.OpenRouter, ProviderStreams.Fragments(stream, random)).GetAwaiter().GetResult();

            Assert.Equal(string.Concat(texts), string.Concat(events.OfType<ChatEvent.Delta>().Select(delta => delta.Text)));
            Assert.Equal(texts.Where(text => text.Length > 0), events.OfType<ChatEvent.Delta>().Select(delta => delta.Text));
            Assert.Equal(FinishReason.Stop, Assert.IsType<ChatEvent.Finished>(events[^1]).Reason);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static Gen<string[]> Texts() =>
        Gen.OneOf(
            Gen.Elements("", " ", "word", "Grüße", "🌍👩‍👩‍👧", "a\u2028b", "\"quoted\\\"", "\n\n", "data: x", ": c", "[DONE]", "\ufeff", new string('x', 700)),
            ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => Whole(text.Get)))
        .ArrayOf();

    /// <summary>A text without single surrogates, which no JSON in UTF-8 can hold, and without what could begin a thought.</summary>
    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('<', '(').Replace('[', '(').Replace('◁', '(');

    private static string Write(IEnumerable<string> texts, Random random)
    {
        string End() => LineEnds[random.Next(LineEnds.Length)];
        var stream = new StringBuilder(random.Next(4) == 0 ? "\ufeff" : "");
        foreach (var text in texts)
        {
            if (random.Next(3) == 0)
                stream.Append(": OPENROUTER PROCESSING").Append(End()).Append(End());
            var chunk = new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["delta"] = new JsonObject { ["content"] = text } }) };
            stream.Append(random.Next(2) == 0 ? "data: " : "data:").Append(chunk.ToJsonString()).Append(End()).Append(Blank());
        }

        return stream.Append("data: {\"choices\":[{\"finish_reason\":\"stop\"}]}").Append(End()).Append(Blank())
            .Append("data: [DONE]").Append(End()).Append(Blank()).ToString();

        // After CR, LF would only complete the same line end.
        string Blank() => stream[^1] is '\r' ? "\r" : End();
    }
}
