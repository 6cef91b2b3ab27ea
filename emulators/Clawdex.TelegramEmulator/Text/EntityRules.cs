namespace Clawdex.TelegramEmulator.Text;

/// <summary>
/// Makes a set of entities one that Telegram shows: sorted, none empty, properly nested, nothing inside code. What does not fit
/// is cut or dropped without an error, as on the real server.
/// </summary>
internal static class EntityRules
{
    /// <summary>Sorted from the outside in.</summary>
    public static IReadOnlyList<TextEntity> Fix(IEnumerable<TextEntity> entities)
    {
        var sorted = Sort(entities.Where(entity => entity.Length > 0));
        if (sorted.Count is 0)
            return [];

        var quotes = WithoutOverlaps(sorted.Where(entity => EntityType.IsQuote(entity.Type)));
        var solid = WithoutOverlaps(sorted.Where(entity => !EntityType.IsQuote(entity.Type) && !EntityType.IsSplittable(entity.Type)));
        solid = [.. solid.Where(entity => quotes.All(quote => !Crosses(entity, quote)))];
        List<TextEntity> fixedOnes = [.. quotes, .. solid];
        var styles = sorted
            .Where(entity => EntityType.IsSplittable(entity.Type))
            .GroupBy(entity => entity.Type)
            .SelectMany(Merge)
            .ToList();
        return Sort([.. fixedOnes, .. Split(styles, fixedOnes)]);
    }

    private static List<TextEntity> Sort(IEnumerable<TextEntity> entities) =>
        [.. entities.OrderBy(entity => entity.Offset).ThenByDescending(entity => entity.Length).ThenBy(entity => EntityType.Priority(entity.Type))];

    /// <summary>Of those that touch the same text, the first one stays.</summary>
    private static List<TextEntity> WithoutOverlaps(IEnumerable<TextEntity> sorted)
    {
        List<TextEntity> kept = [];
        foreach (var entity in sorted)
        {
            if (kept is not [.., var last] || entity.Offset >= last.End)
                kept.Add(entity);
        }

        return kept;
    }

    /// <summary>Intersects a quote in another way than by lying inside it.</summary>
    private static bool Crosses(TextEntity entity, TextEntity quote) =>
        entity.Offset < quote.End && quote.Offset < entity.End && !(entity.Offset >= quote.Offset && entity.End <= quote.End);

    private static IEnumerable<TextEntity> Merge(IEnumerable<TextEntity> sameType)
    {
        TextEntity? current = null;
        foreach (var entity in sameType)
        {
            if (current is not null && entity.Offset <= current.End)
            {
                current = current with { Length = Math.Max(current.End, entity.End) - current.Offset };
                continue;
            }

            if (current is not null)
                yield return current;
            current = entity;
        }

        if (current is not null)
            yield return current;
    }

    /// <summary>
    /// Cuts styles where they would cross another entity's border, and takes them out of code. Styles among themselves are cut at
    /// the border of the one that begins later.
    /// </summary>
    private static IEnumerable<TextEntity> Split(List<TextEntity> styles, List<TextEntity> others)
    {
        foreach (var style in styles)
        {
            var crossing = others.Concat(styles.Where(other => other.Type != style.Type && other.Offset < style.Offset))
                .Where(other => IsCutBy(style, other))
                .SelectMany(other => new[] { other.Offset, other.End })
                .Where(border => border > style.Offset && border < style.End);
            int[] borders = [style.Offset, .. crossing.Distinct().Order(), style.End];
            for (var i = 0; i + 1 < borders.Length; i++)
            {
                var part = style with { Offset = borders[i], Length = borders[i + 1] - borders[i] };
                if (!others.Any(other => EntityType.IsCode(other.Type) && part.Offset < other.End && other.Offset < part.End))
                    yield return part;
            }
        }
    }

    private static bool IsCutBy(TextEntity style, TextEntity other)
    {
        var isInside = style.Offset >= other.Offset && style.End <= other.End;
        var isAround = other.Offset >= style.Offset && other.End <= style.End;
        return EntityType.IsCode(other.Type) || !(isInside || isAround);
    }
}
