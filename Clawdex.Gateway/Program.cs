using Clawdex.Gateway;
using Clawdex.Gateway.Access;
using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Commands.History;
using Clawdex.Gateway.Commands.Owner;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Services.Lease;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Answers;
using Clawdex.Gateway.Turns.Budgets;
using Clawdex.Gateway.Updates;
using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args);

if (HealthCommand.IsIn(args))
    return await HealthCommand.RunAsync(builder.Configuration);
builder.AddServiceDefaults();
Webhook.AddEndpoint(builder);

var services = builder.Services;
builder.AddSettings<AgentOptions>(AgentOptions.Section);
builder.AddSettings<TelegramOptions>(TelegramOptions.Section);

services.AddSessionServiceClient();
services.AddGrpcServiceClient<Clawdex.Llm.V1.Llm.LlmClient>("llm");
services
    .AddSingleton<ChatIds>()
    .AddSingleton<GatewayInstance>()
    .AddSingleton<SessionClient>()
    .AddSingleton<TurnClient>()
    .AddSingleton<HistoryClient>()
    .AddSingleton<PeopleClient>()
    .AddSingleton<LlmClient>()
    .AddSingleton<AnswerLease>();

services
    .AddBotApiClient(provider => new SendHold(provider.GetRequiredService<AnswerLease>()))
    .AddSingleton<BotPace>()
    .AddSingleton<ChatBudgets>()
    .AddSingleton<ButtonSigner>()
    .AddSingleton<TelegramChat>()
    .AddSingleton<PollAge>()
    .AddSingleton<BotConnection>();

services
    .AddSingleton<People>()
    .AddSingleton<Refusals>()
    .AddSingleton<AccessRequests>()
    .AddSingleton(provider =>
    {
        var claim = new ClaimCode(provider.GetRequiredService<TimeProvider>());
        if (provider.GetRequiredService<IOptions<TelegramOptions>>().Value.Claim is { } code && !string.IsNullOrWhiteSpace(code))
            claim.Use(code);
        return claim;
    });

services
    .AddSingleton<MessageFinder>()
    .AddSingleton<Notices>()
    .AddSingleton<WaitingNotices>();

services
    .AddSingleton<BudgetPolicy>()
    .AddSingleton<BudgetNotices>()
    .AddSingleton<AnswerSlots>()
    .AddSingleton<ChatModels>()
    .AddSingleton<Compaction>()
    .AddSingleton<RunningReplies>()
    .AddSingleton<AnswerStreamer>()
    .AddSingleton<TurnRunner>()
    .AddSingleton<ChatQueues>()
    .AddSingleton<LateTurns>()
    .AddSingleton<TurnRecovery>();

// In the order in which they are listed to users.
services
    .AddSingleton<ModelCommand>()
    .AddSingleton<Command, ResetCommand>()
    .AddSingleton<Command, ForgetCommand>()
    .AddSingleton<Command, StatusCommand>()
    .AddSingleton<Command>(provider => provider.GetRequiredService<ModelCommand>())
    .AddSingleton<Command, RichCommand>()
    .AddSingleton<Command, CompactCommand>()
    .AddSingleton<Command, RetryCommand>()
    .AddSingleton<Command, UndoCommand>()
    .AddSingleton<Command, HelpCommand>()
    .AddSingleton<Command, StopCommand>()
    .AddSingleton<Command, StartCommand>()
    .AddSingleton<Command, UsersCommand>()
    .AddSingleton<Command, RevokeCommand>()
    .AddSingleton<CommandTable>()
    .AddSingleton<EditedQuestions>()
    .AddSingleton<ButtonPresses>();

services
    .AddSingleton<Admissions>()
    .AddSingleton<Strangers>()
    .AddSingleton<MessageRouter>()
    .AddSingleton<UpdateIntake>()
    .AddSingleton<LeasedIntake>()
    .AddSingleton<Webhook>();

// Stopped in reverse: first no new updates, then the turns that run. The lease is the last: until every reply is finished or
// parked, nobody else may take it up.
services
    .AddHostedService(provider => provider.GetRequiredService<AnswerLease>())
    .AddHostedService(provider => provider.GetRequiredService<TurnRecovery>())
    .AddHostedService(provider => provider.GetRequiredService<ChatQueues>())
    .AddSingleton<IHostedService>(provider => provider.GetRequiredService<IOptions<TelegramOptions>>().Value.UsesWebhook
        ? provider.GetRequiredService<Webhook>()
        : ActivatorUtilities.CreateInstance<UpdatePoller>(provider));

services.AddHealthChecks()
    .AddCheck<AnswerLease>("lease")
    .AddCheck<LlmClient>("llm")
    .AddCheck<People>("people")
    .AddCheck<TurnRecovery>("recovery")
    .AddCheck<BotConnection>("telegram")
    .AddCheck<WaitingNotices>("storage");

var app = builder.TryBuild();
if (app is null || !app.HasValidSettings(ClaimEndpoint.ProblemOf))
    return 1;

app.Services.GetRequiredService<Webhook>().MapTo(app);
// Leads a browser to the bot in Telegram, once it is known which bot it is.
app.MapGet("/bot", (BotConnection bot) => bot.Identity is { Username.Length: > 0 } me
    ? Results.Redirect($"https://t.me/{me.Username}")
    : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
app.MapClaim();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
