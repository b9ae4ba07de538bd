#if canImport(SwiftUI)
import SwiftUI
import ZikrClient
import ZikrExampleModels

/// Groups, a board and a counter, in as little as shows how. Set `ZikrServerURL` in the app's Info.plist.
@main struct ZikrExample: App {
    @StateObject private var account = AccountModel(.shared)

    var body: some Scene {
        WindowGroup {
            NavigationView {
                if account.isSignedIn { GroupsView(groups: GroupsModel(account.zikr), account: account) } else { SignInView(account: account) }
            }
        }
    }
}

struct SignInView: View {
    @ObservedObject var account: AccountModel
    @State private var login = ""
    @State private var password = ""

    var body: some View {
        Form {
            TextField("E-mail or phone", text: $login)
            SecureField("Password", text: $password)
            Button("Sign in") { Task { await account.signIn(login: login, password: password) } }
            if let problem = account.problem { Text(problem) }
        }
    }
}

struct GroupsView: View {
    @StateObject var groups: GroupsModel
    @ObservedObject var account: AccountModel

    init(groups: @autoclosure @escaping () -> GroupsModel, account: AccountModel) {
        _groups = StateObject(wrappedValue: groups())
        self.account = account
    }

    var body: some View {
        List(groups.groups, id: \.id) { group in
            NavigationLink(group.name) { GroupView(board: BoardModel(groups.zikr, groupID: group.id)) }
        }
        .task { await groups.follow() }
        .task { await account.follow() }
        .toolbar { Button("Sign out") { account.signOut() } }
    }
}

struct GroupView: View {
    @StateObject var board: BoardModel

    init(board: @autoclosure @escaping () -> BoardModel) { _board = StateObject(wrappedValue: board()) }

    var body: some View {
        ScrollView {
            if !board.poras.isEmpty {
                Text("\(board.read) of 30 · \(board.online) here")
                LazyVGrid(columns: [GridItem(.adaptive(minimum: 68))]) {
                    ForEach(board.poras, id: \.poraId) { pora in
                        Button { Task { await board.tapped(pora) } } label: { PoraView(pora: pora, isMine: board.isMine(pora)) }
                            .contextMenu { if board.isMine(pora) { Button("Give back") { Task { await board.giveBack(pora) } } } }
                    }
                }
            }
            ForEach(board.group?.snapshot.zikrs ?? [], id: \.zikrId) { zikr in
                NavigationLink(zikr.name) { CounterView(counter: CounterModel(board.zikr, groupID: board.groupID, zikrID: zikr.zikrId)) }
            }
            if let problem = board.problem { Text(problem) }
        }
        .navigationTitle(board.group?.snapshot.name ?? "")
        .task { await board.follow() }
    }
}

struct PoraView: View {
    let pora: PoraItem
    let isMine: Bool

    var body: some View {
        VStack {
            Text(pora.poraId).font(.headline)
            Text(pora.status == .completed ? "✓" : isMine ? "you" : pora.userName ?? "free").font(.caption).lineLimit(1)
        }
        .frame(minWidth: 60, minHeight: 60)
    }
}

struct CounterView: View {
    @StateObject var counter: CounterModel

    init(counter: @autoclosure @escaping () -> CounterModel) { _counter = StateObject(wrappedValue: counter()) }

    var body: some View {
        VStack(spacing: 24) {
            Text(counter.item?.name ?? "")
            Button { Task { await counter.tap() } } label: { Text("\(counter.mine)").font(.system(size: 72, weight: .light)).frame(minWidth: 200, minHeight: 200) }
            Text("\(counter.total) together")
            Button("Undo") { Task { await counter.undo() } }.disabled(counter.unsent == 0)
            ForEach(counter.refused, id: \.opId) { batch in Text("\(batch.count) were not counted: \(batch.refusal?.message ?? "")") }
            if !counter.refused.isEmpty { Button("I have read this") { Task { await counter.dismissRefused() } } }
        }
        .task { await counter.follow() }
    }
}
#else
@main struct ZikrExample {
    static func main() { print("The example app needs SwiftUI; its view models are tested without.") }
}
#endif
