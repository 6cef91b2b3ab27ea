using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// Owns the schema, its migrations and the reading side. Changes go through <see cref="SessionWriter"/>, which works with
/// prepared statements on one connection below Entity Framework.
/// </summary>
internal sealed class SessionDbContext(DbContextOptions<SessionDbContext> options) : DbContext(options)
{
    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<Message> Messages => Set<Message>();

    public DbSet<Turn> Turns => Set<Turn>();

    public DbSet<Compaction> Compactions => Set<Compaction>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMillisecondsConverter>();
        configurationBuilder.Properties<TurnState>().HaveConversion<TurnStateConverter>();
        configurationBuilder.Properties<FinishReason>().HaveConversion<FinishReasonConverter>();
        configurationBuilder.Properties<MessageRole>().HaveConversion<MessageRoleConverter>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Session>(ConfigureSessions);
        modelBuilder.Entity<Message>(ConfigureMessages);
        modelBuilder.Entity<Turn>(ConfigureTurns);
        modelBuilder.Entity<Compaction>(ConfigureCompactions);
    }

    private static void ConfigureSessions(EntityTypeBuilder<Session> session)
    {
        session.ToTable("sessions");
        session.Property(row => row.Id).HasColumnName("id");
        session.Property(row => row.SessionKey).HasColumnName("session_key");
        session.Property(row => row.Channel).HasColumnName("channel");
        session.Property(row => row.ChatId).HasColumnName("chat_id");
        session.Property(row => row.ModelOverride).HasColumnName("model_override");
        session.Property(row => row.MessageCount).HasColumnName("message_count").HasDefaultValue(0);
        session.Property(row => row.TokenCorrection).HasColumnName("token_correction").HasDefaultValue(1.0);
        session.Property(row => row.Version).HasColumnName("version").HasDefaultValue(0L).IsConcurrencyToken();
        session.Property(row => row.InsertedAt).HasColumnName("inserted_at");
        session.Property(row => row.UpdatedAt).HasColumnName("updated_at");
        session.HasIndex(row => row.SessionKey, "ix_sessions_session_key").IsUnique();
        session.HasIndex(row => new { row.Channel, row.ChatId }, "ix_sessions_channel_chat_id");
    }

    private static void ConfigureMessages(EntityTypeBuilder<Message> message)
    {
        message.ToTable("messages");
        message.Property(row => row.Id).HasColumnName("id").ValueGeneratedNever();
        message.Property(row => row.SessionId).HasColumnName("session_id");
        message.Property(row => row.Role).HasColumnName("role");
        message.Property(row => row.Content).HasColumnName("content");
        message.Property(row => row.TokenCount).HasColumnName("token_count");
        message.Property(row => row.SourceId).HasColumnName("source_id");
        message.Property(row => row.InsertedAt).HasColumnName("inserted_at");
        message.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        // The token count is in the index so that counting a long history never touches its text.
        message.HasIndex(row => new { row.SessionId, row.Id, row.TokenCount }, "ix_messages_session_id");
        message.HasIndex(row => new { row.SessionId, row.SourceId }, "ix_messages_source_id").IsUnique()
            .HasFilter("source_id IS NOT NULL");
    }

    private static void ConfigureTurns(EntityTypeBuilder<Turn> turn)
    {
        turn.ToTable("turns");
        turn.Property(row => row.Id).HasColumnName("id");
        turn.Property(row => row.SessionId).HasColumnName("session_id");
        turn.Property(row => row.SourceId).HasColumnName("source_id");
        turn.Property(row => row.State).HasColumnName("state");
        turn.Property(row => row.OriginMessageId).HasColumnName("origin_message_id");
        turn.Property(row => row.ReplyMessageIds).HasColumnName("reply_message_ids");
        turn.Property(row => row.FinishReason).HasColumnName("finish_reason");
        turn.Property(row => row.Error).HasColumnName("error");
        turn.Property(row => row.Detail).HasColumnName("detail");
        turn.Property(row => row.Model).HasColumnName("model");
        turn.Property(row => row.PromptTokens).HasColumnName("prompt_tokens");
        turn.Property(row => row.CompletionTokens).HasColumnName("completion_tokens");
        turn.Property(row => row.TraceParent).HasColumnName("trace_parent");
        turn.Property(row => row.Detached).HasColumnName("detached");
        turn.Property(row => row.DetachedUserText).HasColumnName("detached_user_text");
        turn.Property(row => row.DetachedAnswerText).HasColumnName("detached_answer_text");
        turn.Property(row => row.AcceptedAt).HasColumnName("accepted_at");
        turn.Property(row => row.AnsweredAt).HasColumnName("answered_at");
        turn.Property(row => row.SettledAt).HasColumnName("settled_at");
        turn.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        turn.HasIndex(row => new { row.SessionId, row.SourceId }, "ix_turns_source_id").IsUnique();
        // Settled turns are nearly all of them; these two hold only the few that are open.
        turn.HasIndex(row => row.Id, "ix_turns_open").HasFilter("settled_at IS NULL");
        turn.HasIndex(row => row.SessionId, "ix_turns_open_session_id").HasFilter("settled_at IS NULL");
    }

    private static void ConfigureCompactions(EntityTypeBuilder<Compaction> compaction)
    {
        compaction.ToTable("compactions");
        compaction.Property(row => row.Id).HasColumnName("id");
        compaction.Property(row => row.SessionId).HasColumnName("session_id");
        compaction.Property(row => row.Summary).HasColumnName("summary");
        compaction.Property(row => row.TokenCount).HasColumnName("token_count");
        compaction.Property(row => row.FirstMessageId).HasColumnName("first_message_id");
        compaction.Property(row => row.LastMessageId).HasColumnName("last_message_id");
        compaction.Property(row => row.InsertedAt).HasColumnName("inserted_at");
        compaction.Property(row => row.UndoneAt).HasColumnName("undone_at");
        compaction.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        compaction.HasIndex(row => new { row.SessionId, row.Id }, "ix_compactions_session_id");
    }
}
