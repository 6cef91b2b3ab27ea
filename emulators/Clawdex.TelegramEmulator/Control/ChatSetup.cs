using Clawdex.TelegramEmulator.Chats;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>Creates chats and topics, and upgrades groups.</summary>
internal sealed class ChatSetup(ChatBook book, UserSide users)
{
    private const string SomebodysName = "Ada";

    public ChatInfo Create(NewChat chat)
    {
        if (string.IsNullOrWhiteSpace(chat.Title))
            throw new ControlRefusal("a chat needs a title");
        if (chat.Topics.Count > 0 && chat.Kind is not ChatKind.Forum)
            throw new ControlRefusal("only a forum has topics");
        lock (book.Gate)
        {
            if (chat.Id is { } wanted && (wanted is 0 || wanted > 0 != chat.Kind is ChatKind.Private || book.Find(wanted) is not null || wanted == book.Bot.Id))
                throw new ControlRefusal($"the id {wanted} is taken or does not fit the kind of chat");
            var id = chat.Id ?? book.NextChatId(chat.Kind);
            var isPrivate = chat.Kind is ChatKind.Private;
            string[] names = isPrivate ? [chat.Title] : chat.Members.Count is 0 ? [SomebodysName] : [.. chat.Members];
            var created = book.Put(new ChatInfo
            {
                Id = id,
                Kind = chat.Kind,
                Title = chat.Title,
                Members = [.. names.Select(name => isPrivate ? new ChatMember(id, name, ChatBook.Username(name), IsBot: false) : book.User(name))],
                // A bot joins a group after its creation, so that it is told of it.
                Access = isPrivate ? chat.Access : BotAccess.NotMember,
            });
            if (!isPrivate)
                users.SetAccess(created, chat.Access);
            foreach (var topic in chat.Topics)
                AddTopic(created, topic);
            return created.Info;
        }
    }

    public ForumTopic AddTopic(long chatId, NewTopic topic)
    {
        lock (book.Gate)
        {
            var chat = users.Find(chatId);
            if (chat.Info.Kind is not ChatKind.Forum)
                throw new ControlRefusal($"chat {chatId} is no forum");
            return AddTopic(chat, topic.Name);
        }
    }

    /// <summary>Removes a topic: the bot's messages to it are refused from now on.</summary>
    public void RemoveTopic(long chatId, int threadId)
    {
        lock (book.Gate)
        {
            var chat = users.Find(chatId);
            if (chat.Info.Topics.All(topic => topic.Id != threadId))
                throw new ControlRefusal($"chat {chatId} has no topic {threadId}") { IsMissing = true };
            book.Put(chat.Info with { Topics = [.. chat.Info.Topics.Where(topic => topic.Id != threadId)] });
        }
    }

    /// <summary>A basic group becomes a supergroup with another id; both tell so by a service message.</summary>
    public ChatInfo Migrate(long chatId)
    {
        lock (book.Gate)
        {
            var group = users.Find(chatId);
            if (group.Info.Kind is not ChatKind.Group || group.Info.MigratedTo is not null)
                throw new ControlRefusal($"chat {chatId} is no basic group");
            var target = book.Put(group.Info with { Id = book.NextChatId(ChatKind.Supergroup), Kind = ChatKind.Supergroup });
            Announce(group, new(ServiceEvent.MigratedTo) { ChatId = target.Id });
            Announce(target, new(ServiceEvent.MigratedFrom) { ChatId = group.Id });
            book.Put(group.Info with { MigratedTo = target.Id });
            return target.Info;
        }
    }

    private ForumTopic AddTopic(Chat chat, string name)
    {
        var message = Announce(chat, new(ServiceEvent.TopicCreated) { Name = name });
        var topic = new ForumTopic(message.MessageId, name);
        book.Put(chat.Info with { Topics = [.. chat.Info.Topics, topic] });
        return topic;
    }

    private EmulatedMessage Announce(Chat chat, ServiceEvent service)
    {
        var id = book.NextMessageId(chat);
        var message = book.Put(chat, new()
        {
            MessageId = id,
            ChatId = chat.Id,
            From = chat.Info.Members[0],
            Date = book.Now,
            Service = service,
            // The message that creates a topic is its first one, and its id is the topic's.
            ThreadId = service.Kind is ServiceEvent.TopicCreated ? id : null,
        });
        book.Timeline.Add(new() { ChatId = chat.Id, Kind = TimelineKind.UserMessage, MessageId = id, Message = message, ThreadId = message.ThreadId });
        users.Deliver("message", chat, message);
        return message;
    }
}
