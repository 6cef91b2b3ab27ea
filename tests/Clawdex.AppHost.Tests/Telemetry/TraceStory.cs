namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>What the trace of an answered message has to hold.</summary>
internal static class TraceStory
{
    /// <summary>Milliseconds by which clocks of processes on one machine, and the moment of reading them, may differ.</summary>
    private const double Tolerance = 25;

    public static void Check(IReadOnlyList<TraceSpan> spans)
    {
        Assert.Equal(["gateway", "llm", "session"], spans.Select(span => span.Service).Distinct().Order());
        var root = Assert.Single(spans, span => span.ParentId.Length == 0);
        Assert.Equal("update message", root.Name);
        CheckParents(spans, root);
        CheckTimes(spans);
        CheckModel(spans);
        Assert.All(spans, span => Assert.False(span.IsError, span.Name));

        var turn = Only(spans, "turn");
        Assert.Equal(("Delivered", "Complete"), (turn.Attributes["clawdex.outcome"], turn.Attributes["clawdex.finish_reason"]));
        Assert.Superset(new HashSet<string> { "clawdex.first_token", "clawdex.first_text" }, turn.Events.ToHashSet());
    }

    private static void CheckParents(IReadOnlyList<TraceSpan> spans, TraceSpan root)
    {
        var byId = spans.ToDictionary(span => span.Id);
        Assert.All(spans.Where(span => span != root), span => Assert.Contains(span.ParentId, byId));
        AssertPath(Of("llm", "chat gemini-2.5-flash"), "clawdex.llm.v1.Llm/StreamChat", "clawdex.llm.v1.Llm/StreamChat", "turn", "update message");
        AssertPath(Of("session", "clawdex.sessions.v1.Sessions/AcceptMessage"), "clawdex.sessions.v1.Sessions/AcceptMessage", "accept", "update message");
        AssertPath(Of("session", "clawdex.sessions.v1.Sessions/GetContext"), "clawdex.sessions.v1.Sessions/GetContext", "context", "turn", "update message");
        AssertPath(Of("gateway", "telegram send"), "turn", "update message");
        Assert.True(spans.Count(span => span.Name == "telegram edit") >= 2, "at least two edits");

        TraceSpan Of(string service, string name) => Assert.Single(spans, span => span.Service == service && span.Name == name);

        void AssertPath(TraceSpan span, params string[] names)
        {
            List<string> above = [];
            for (var at = span; at.ParentId.Length > 0;)
                above.Add((at = byId[at.ParentId]).Name);
            Assert.Equal(names, above);
        }
    }

    /// <summary>Each span lies within its parent, and what happens one after the other takes no longer than the whole.</summary>
    private static void CheckTimes(IReadOnlyList<TraceSpan> spans)
    {
        var byId = spans.ToDictionary(span => span.Id);
        foreach (var span in spans.Where(span => span.ParentId.Length > 0))
        {
            var parent = byId[span.ParentId];
            Assert.True(
                span.Start >= parent.Start - Tolerance && span.End <= parent.End + Tolerance,
                $"{span.Name} ({span.Start - parent.Start:0} to {span.End - parent.Start:0} ms) reaches out of {parent.Name} (0 to {parent.Duration:0} ms)");
        }

        var root = spans.Single(span => span.ParentId.Length == 0);
        var steps = spans.Where(span => span.ParentId == root.Id && span.Name is "accept" or "queue" or "turn").ToList();
        Assert.InRange(steps.Sum(span => span.Duration), root.Duration * 0.5, root.Duration + Tolerance);
        var turn = Only(spans, "turn");
        var stream = spans.Single(span => span.ParentId == turn.Id && span.Name.EndsWith("/StreamChat", StringComparison.Ordinal));
        Assert.Equal("0", stream.Attributes["rpc.grpc.status_code"]);
        Assert.True(Only(spans, "context").Duration + stream.Duration <= turn.Duration + Tolerance, "context and stream take no longer than the turn");
        Assert.True(Only(spans, "chat gemini-2.5-flash").Duration >= 2_000, "the model took more than two seconds");
    }

    private static void CheckModel(IReadOnlyList<TraceSpan> spans)
    {
        var chat = Only(spans, "chat gemini-2.5-flash");
        Assert.Equal("chat", chat.Attributes["gen_ai.operation.name"]);
        Assert.Equal("gcp.gemini", chat.Attributes["gen_ai.provider.name"]);
        Assert.Equal("gemini-2.5-flash", chat.Attributes["gen_ai.request.model"]);
        Assert.Equal("gemini-2.5-flash", chat.Attributes["gen_ai.response.model"]);
        Assert.Equal(("12", "34"), (chat.Attributes["gen_ai.usage.input_tokens"], chat.Attributes["gen_ai.usage.output_tokens"]));
        Assert.Contains("stop", chat.Attributes["gen_ai.response.finish_reasons"], StringComparison.Ordinal);
        Assert.DoesNotContain("gen_ai.input.messages", chat.Attributes.Keys);
        Assert.Contains("clawdex.first_token", chat.Events);
    }

    private static TraceSpan Only(IReadOnlyList<TraceSpan> spans, string name) => Assert.Single(spans, span => span.Name == name);
}
