import './phone.css';
import { startTheme } from '../shared/theme';

startTheme();
