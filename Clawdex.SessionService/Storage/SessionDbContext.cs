using System.Text.Json;
using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Clawdex.SessionService.Storage;

/// <summary>The schema. Changes go through <see cref="ISessionWriter"/>, reads through <see cref="SessionReader"/>.</summary>
internal class SessionDbContext : DbContext
{
    public SessionDbContext(DbContextOptions<SessionDbContext> options) : base(options)
    {
    }

    protected SessionDbContext(DbContextOptions options) : base(options)
    {
    }

    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<Message> Messages => Set<Message>();

    public DbSet<Turn> Turns => Set<Turn>();

    public DbSet<Compaction> Compactions => Set<Compaction>();

    public DbSet<Person> People => Set<Person>();

    public DbSet<Usage> Usage => Set<Usage>();

    public DbSet<Gateway> Gateways => Set<Gateway>();

    /// <summary>The messages behind the summary that begins a session's context, without those that were taken back.</summary>
    public IQueryable<Message> Context(long sessionId, Compaction? inForce)
    {
        var after = inForce?.LastMessageId ?? 0;
        return Messages.Where(message => message.SessionId == sessionId && message.Id > after && message.TakenBackBy == null);
    }

    /// <summary>A session's compactions that are not undone, the newest first: its summary begins the context.</summary>
    public IQueryable<Compaction> InForce(long sessionId) =>
        Compactions.Where(compaction => compaction.SessionId == sessionId && compaction.UndoneAt == null).OrderByDescending(compaction => compaction.Id);

    /// <summary>A session's turns whose answer may still enter the history.</summary>
    public IQueryable<Turn> MayStillBeAnswered(long sessionId) =>
        Turns.Where(turn => turn.SessionId == sessionId && turn.SettledAt == null && turn.AnsweredAt == null && !turn.Detached);

    /// <summary>Turns with what was asked and answered, oldest first.</summary>
    public IQueryable<TurnView> WithTexts(IQueryable<Turn> turns) =>
        from turn in turns.AsNoTracking()
        join session in Sessions on turn.SessionId equals session.Id
        orderby turn.Id
        select new TurnView(
            turn,
            session,
            Messages.Where(message => message.Id == turn.Id * 2).Select(message => message.Content).FirstOrDefault() ?? turn.DetachedUserText ?? "",
            Messages.Where(message => message.Id == (turn.Id * 2) + 1).Select(message => message.Content).FirstOrDefault() ?? turn.DetachedAnswerText ?? "");

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Session>(ConfigureSessions);
        modelBuilder.Entity<Message>(ConfigureMessages);
        modelBuilder.Entity<Turn>(ConfigureTurns);
        modelBuilder.Entity<Compaction>(ConfigureCompactions);
        modelBuilder.Entity<Person>(ConfigurePeople);
        modelBuilder.Entity<Usage>(ConfigureUsage);
        modelBuilder.Entity<Gateway>().ToTable("gateways");
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
            property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }

    private static void ConfigureSessions(EntityTypeBuilder<Session> session)
    {
        session.ToTable("sessions");
        session.Property(row => row.MessageCount).HasDefaultValue(0);
        session.Property(row => row.TokenCorrection).HasDefaultValue(1.0);
        session.Property(row => row.Version).HasDefaultValue(0L).IsConcurrencyToken();
        session.HasIndex(row => row.SessionKey, "ix_sessions_session_key").IsUnique();
        session.HasIndex(row => new { row.Channel, row.ChatId }, "ix_sessions_channel_chat_id");
    }

    private static void ConfigureMessages(EntityTypeBuilder<Message> message)
    {
        message.ToTable("messages");
        message.Property(row => row.Id).ValueGeneratedNever();
        message.Property(row => row.Role).HasConversion(EnumWords.Converter<MessageRole>());
        message.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        // What counting needs is in the index, so that counting a long history never touches its text.
        message.HasIndex(row => new { row.SessionId, row.Id, row.TokenCount, row.TakenBackBy }, "ix_messages_session_id");
        message.HasIndex(row => new { row.SessionId, row.SourceId }, "ix_messages_source_id").IsUnique()
            .HasFilter("source_id IS NOT NULL");
    }

    private static void ConfigureTurns(EntityTypeBuilder<Turn> turn)
    {
        turn.ToTable("turns");
        turn.Property(row => row.State).HasConversion(EnumWords.Converter<TurnState>()).IsConcurrencyToken();
        // One row with an unknown reason must not hide all open turns from the gateway.
        turn.Property(row => row.FinishReason).HasConversion(EnumWords.Converter<FinishReason>(FinishReason.Unknown));
        turn.Property(row => row.UserId).HasDefaultValue(0L);
        // Set against what was reserved: two that charge at the same time must not both take the difference.
        turn.Property(row => row.Tokens).HasDefaultValue(0L).IsConcurrencyToken();
        turn.Property(row => row.CostMicrodollars).HasDefaultValue(0L).IsConcurrencyToken();
        // What shows a reply was read before the reset that detached it, and must not attach it again.
        turn.Property(row => row.Detached).IsConcurrencyToken();
        // Whoever was declared dead writes no more, and nobody writes over a request that came meanwhile.
        turn.Property(row => row.Owner).HasDefaultValue("").IsConcurrencyToken();
        turn.Property(row => row.StopRequested).HasDefaultValue(false).IsConcurrencyToken();
        turn.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        turn.HasIndex(row => new { row.SessionId, row.SourceId }, "ix_turns_source_id").IsUnique();
        // Settled turns are nearly all of them; these two hold only the few that are open.
        turn.HasIndex(row => row.Id, "ix_turns_open").HasFilter("settled_at IS NULL");
        turn.HasIndex(row => row.SessionId, "ix_turns_open_session_id").HasFilter("settled_at IS NULL");
    }

    private static void ConfigureCompactions(EntityTypeBuilder<Compaction> compaction)
    {
        compaction.ToTable("compactions");
        compaction.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        compaction.HasIndex(row => new { row.SessionId, row.Id }, "ix_compactions_session_id");
    }

    private static void ConfigurePeople(EntityTypeBuilder<Person> person)
    {
        person.ToTable("people");
        person.HasKey(row => row.UserId);
        person.Property(row => row.UserId).ValueGeneratedNever();
        person.Property(row => row.Role).HasConversion(EnumWords.Converter<PersonRole>());
        // Whatever goes wrong above it: the file itself takes no second owner.
        person.HasIndex(row => row.Role, "ix_people_owner").IsUnique().HasFilter("role = 'owner'");
    }

    private static void ConfigureUsage(EntityTypeBuilder<Usage> usage)
    {
        usage.ToTable("usage");
        usage.HasKey(row => new { row.Day, row.UserId });
        usage.Property(row => row.ToldPercent).HasDefaultValue(0);
    }

    /// <summary>Times are integers that sort and compare in SQL.</summary>
    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(),
        milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
