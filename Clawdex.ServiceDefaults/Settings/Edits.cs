namespace Clawdex.ServiceDefaults.Settings;

/// <summary>How far a typed name is from one that exists.</summary>
public static class Edits
{
    /// <summary>Letters of whatever case to insert, delete, replace or swap with their neighbour (optimal string alignment).</summary>
    public static int Between(string typed, string known)
    {
        var (left, right) = (typed.ToLowerInvariant(), known.ToLowerInvariant());
        var before = new int[right.Length + 1];
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        var current = new int[right.Length + 1];
        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, 1 + Math.Min(previous[j], current[j - 1]));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
            }

            (before, previous, current) = (previous, current, before);
        }

        return previous[right.Length];
    }
}
