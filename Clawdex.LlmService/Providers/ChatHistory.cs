namespace Clawdex.LlmService.Providers;

/// <summary>
/// Brings any history into the one shape that every provider accepts: no empty turns, the two roles in alternation, the user
/// first and last. Gemini answers 400 to anything else.
/// </summary>
internal static class ChatHistory
{
    private const string Joint = "\n\n";

    /// <summary>Empty when there is nothing from the user to answer.</summary>
    public static IReadOnlyList<ChatTurn> Normalize(IEnumerable<ChatTurn> turns)
    {
        var result = new List<ChatTurn>();
        foreach (var turn in turns.Where(turn => !string.IsNullOrWhiteSpace(turn.Text)))
        {
            if (result is [.., var last] && last.Role == turn.Role)
                result[^1] = last with { Text = last.Text + Joint + turn.Text };
            else if (result.Count > 0 || turn.Role is ChatRole.User)
                result.Add(turn);
        }

        if (result is [.., { Role: ChatRole.Assistant }])
            result.RemoveAt(result.Count - 1);
        return result;
    }
}
