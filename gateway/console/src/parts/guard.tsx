// A page that cannot be drawn takes nothing else with it: what broke is told, and the next page is tried.
import { Component, type ComponentChildren } from 'preact';
import { words } from '../words';
import { Empty } from './small';

interface Props { at: string; children?: ComponentChildren }

export class Guard extends Component<Props, { broken: unknown }> {
    override state = { broken: null as unknown };

    override componentDidCatch(broken: unknown) {
        this.setState({ broken });
    }
    override componentDidUpdate(before: Props) {
        if (before.at !== this.props.at && this.state.broken !== null) this.setState({ broken: null });
    }
    override render() {
        const { broken } = this.state;
        return broken === null ? this.props.children : <Empty title={words().broken} how={String(broken)} />;
    }
}
